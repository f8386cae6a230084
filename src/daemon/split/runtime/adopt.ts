// Processes of the daemon before us, as containerd knows them: they run, or have ended meanwhile.
import type { Native } from '../../../native/native.ts';
import type { ContainerProcess } from '../../../runtime/runtime.ts';
import { INIT, LOST, type ProcessInfo, type TaskInfo } from '../../../types/containerd.ts';
import { TskerError } from '../../../util/errors.ts';
import { type Container, type SplitContext, settle } from './context.ts';
import { noteEnd } from './end.ts';
import { processOf } from './process.ts';

export type Adopted = Pick<Container, 'spec' | 'rootfs'>;

/** A container, with its first process. */
export function adoptTask(context: SplitContext, task: TaskInfo, { spec, rootfs }: Adopted): ContainerProcess {
  const { native, containers, ends } = context;
  const { id, processes } = task;
  const first = processes.find(({ name }) => name === INIT);
  const pid = first?.pid ?? 0;
  const running = first !== undefined && first.exitCode === undefined;
  const init = { id, process: INIT };
  const exited = ends.expect(init);
  const pidfd = running ? pidfdOf(native, pid) : -1;
  containers.set(id, { spec, rootfs, cgroups: context.cgroupsOf(spec, id), pid, pidfd, running: true });
  if (!running) noteEnd(context, init, first?.exitCode ?? LOST);
  return processOf(context, { ...init, pid, exited, sockets: [] });
}

/** -1: it has ended since it was listed; how, will be told. */
function pidfdOf(native: Native, pid: number): number {
  try {
    return native.pidfdOpen(pid);
  } catch (error) {
    if (error instanceof TskerError && error.code === 'not_found') return -1;
    throw error;
  }
}

/** Another process of a container. Nobody reads what it writes any more: the shim throws it away. */
export function adoptExec(context: SplitContext, id: string, { name, pid, exitCode }: ProcessInfo): ContainerProcess {
  const named = { id, process: name };
  const exited = context.ends.expect(named);
  if (exitCode === undefined) void settle(context, 'draining an exec', context.containerd.call('tasks.drain', named));
  else noteEnd(context, named, exitCode);
  return processOf(context, { ...named, pid, exited, sockets: [] });
}
