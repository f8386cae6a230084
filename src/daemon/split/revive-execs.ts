// Execs of a container that has outlived its daemon: clients may ask about them again, and hear how they ended. Whoever had their
// streams is gone; what they still write is read and thrown away, so that they do not wait for a reader for ever.
import { INIT, type ProcessInfo, type TaskInfo } from '../../types/containerd.ts';
import type { Container } from '../container/container.ts';
import { type WatchExecDependencies, watchExec } from '../exec/launch.ts';
import type { ExecFiles } from './exec-files.ts';
import type { SplitRuntime } from './runtime.ts';

const SIGKILL = 9;

export interface ReviveExecsDependencies extends WatchExecDependencies {
  readonly journal: ExecFiles;
  readonly runtime: SplitRuntime;
}

export function reviveExecs(dependencies: ReviveExecsDependencies, container: Container, task: TaskInfo): void {
  const { journal, runtime, execs } = dependencies;
  const processes = new Map(task.processes.filter(({ name }) => name !== INIT).map((one) => [one.name, one]));
  for (const exec of journal.of(container)) {
    const info = processes.get(exec.id);
    processes.delete(exec.id);
    if (info === undefined) {
      // The daemon died before there was a process.
      journal.end(exec);
      continue;
    }
    exec.claim();
    execs.add(exec);
    exec.started(info.pid);
    watchExec(dependencies, exec, runtime.adoptExec(container.id, info));
  }
  for (const info of processes.values()) endUnknown(runtime, container.id, info);
}

/** A health check, for one: its daemon is gone, and nobody else would end it when it takes too long. */
function endUnknown(runtime: SplitRuntime, id: string, info: ProcessInfo): void {
  runtime.adoptExec(id, info).signal(SIGKILL);
}
