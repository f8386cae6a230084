// Another process in a running container: its cgroup, its namespaces, the same limits on what it may do.
import { readFileSync } from 'node:fs';
import { O_DIRECTORY, O_RDONLY } from '../../native/linux.ts';
import type { Spawned } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { cgroupOps } from '../cgroup/create.ts';
import { currentCgroup } from '../cgroup/current.ts';
import { joinedFact } from '../joined.ts';
import { during, RUNTIME_STEPS } from '../narration.ts';
import { compileExec } from '../plan/exec.ts';
import { execNamespaceFlags } from '../plan/namespaces.ts';
import type { ExecRequest } from '../runtime.ts';
import { prepareFilter, processFacts, type RunningContainer, type RuntimeContext } from './context.ts';
import { dropTerminal, type PreparedStdio, passToProgram, prepareStdio, takeTerminal } from './descriptors.ts';
import { explainExecStart } from './explain.ts';
import { ownStdio } from './userns.ts';

export interface ExecStarted {
  readonly process: Spawned;
  readonly terminal: number | undefined;
}

export async function execInContainer(
  context: RuntimeContext,
  { id, container, request }: { id: string; container: RunningContainer; request: ExecRequest },
): Promise<ExecStarted> {
  const { native } = context;
  await prepareFilter(context, container.spec);
  const stdio = prepareStdio(native, request.stdio, context.nullFd);
  const { linux } = container.spec;
  if (linux.namespaces.some(({ type }) => type === 'user')) ownStdio(request.stdio, linux, request.process.user);
  let started: { process: Spawned; plan: readonly Op[] };
  try {
    started = spawn(context, { id, container, request, stdio });
    const { process, plan } = started;
    // The helper has all of them, and while it works there is nothing else to do here.
    stdio.descriptors[Symbol.dispose]();
    request.onBorn?.();
    await during(request.watch, RUNTIME_STEPS.helper, () => process.started).catch((error: unknown) => {
      throw explainExecStart(context, { error, plan, rootfs: container.rootfs, process: request.process });
    });
    request.watch?.executed();
  } catch (error) {
    dropTerminal(native, stdio.terminal);
    throw error;
  } finally {
    stdio.descriptors[Symbol.dispose]();
  }
  return { process: started.process, terminal: takeTerminal(native, started.process, stdio.terminal) };
}

function spawn(
  context: RuntimeContext,
  {
    id,
    container,
    request,
    stdio,
  }: { id: string; container: RunningContainer; request: ExecRequest; stdio: PreparedStdio },
): { process: Spawned; plan: readonly Op[] } {
  const { native } = context;
  const { spec, cgroups, rootfs } = container;
  const { descriptors, terminal } = stdio;
  const { watch } = request;
  watch?.tell({ topic: 'joined', data: joinedFact({ spec, cgroups, pid: container.process.pid }) });
  const daemon = context.daemonPidfd === undefined ? {} : { daemon: descriptors.pass(context.daemonPidfd) };
  const target = { slot: descriptors.pass(container.process.pidfd), flags: execNamespaceFlags(spec) };
  const { join } = cgroupOps({ cgroups, resources: undefined, has: () => false, cpuset: undefined });
  const plan = during(watch, RUNTIME_STEPS.compileExec, () =>
    compileExec(request.process, {
      ...processFacts(context, { id, spec, process: request.process, rootfs }),
      slots: {
        ...daemon,
        ...(terminal === undefined ? {} : { terminal }),
        ...passToProgram(descriptors, request.passFds),
      },
      target,
      cgroupOps: join,
    }),
  );
  const process = during(watch, RUNTIME_STEPS.spawn, () =>
    native.spawn({
      cloneFlags: 0,
      fds: descriptors.fds,
      plan,
      ...cgroupFd(context, container, stdio),
      ...pidNamespace(container),
      leave: context.daemonPidfd === undefined,
      ...(watch === undefined ? {} : { onTrace: (trace) => watch.traced(trace) }),
    }),
  );
  watch?.spawned({ pid: process.pid, cloneFlags: 0, intoCgroup: cgroups.version === 2, plan });
  return { process, plan };
}

function cgroupFd(
  { native }: RuntimeContext,
  { cgroups, process }: RunningContainer,
  stdio: PreparedStdio,
): { cgroupFd?: number } {
  const [directory] = cgroups.directories;
  if (cgroups.version !== 2 || directory === undefined) return {};
  const path = currentCgroup(directory, readFileSync(`/proc/${process.pid}/cgroup`, 'utf8'));
  return { cgroupFd: stdio.descriptors.closeLater(native.open(path, O_RDONLY | O_DIRECTORY)) };
}

/** A process enters a PID namespace by being born in it. */
function pidNamespace({ spec, process }: RunningContainer): { pidnsFd?: number } {
  return spec.linux.namespaces.some(({ type }) => type === 'pid') ? { pidnsFd: process.pidfd } : {};
}
