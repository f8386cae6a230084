// Runs an exec's program in its container, and notes its start and its end. What its streams are is the caller's matter:
// a client's (attach.ts), nobody's (start.ts), or a health check's.
import type { Recorder } from '../../runtime/explain/recorder.ts';
import { during } from '../../runtime/narration.ts';
import type { ContainerProcess, ExecRequest, Runtime } from '../../runtime/runtime.ts';
import type { Process } from '../../runtime/spec.ts';
import { TskerError } from '../../util/errors.ts';
import type { Io } from '../container/io.ts';
import type { ResolveUser } from '../container/launch.ts';
import type { SpecHost } from '../container/spec/build.ts';
import type { EventSink } from '../events.ts';
import { STEPS } from '../explain/steps.ts';
import { requireActive } from './active.ts';
import { emitExecEvent } from './event.ts';
import type { Exec } from './exec.ts';
import type { ExecJournal } from './journal.ts';
import { execProcess } from './process.ts';
import type { ExecStore } from './store.ts';

export interface WatchExecDependencies {
  readonly execs: ExecStore;
  readonly events: EventSink;
  /** Undefined for what is to end with the daemon. */
  readonly journal: ExecJournal | undefined;
}

export interface LaunchDependencies extends WatchExecDependencies {
  readonly runtime: Pick<Runtime, 'exec'>;
  readonly resolveUser: ResolveUser;
  readonly specHost: Pick<SpecHost, 'capabilities'>;
}

export interface LaunchRequest {
  readonly stdio: ExecRequest['stdio'];
  readonly size: { readonly rows: number; readonly columns: number };
  /** What holds the other ends of these streams, when a client may resize them. */
  readonly io?: Io;
  /** Of an exec that is to be explained. */
  readonly recorder?: Recorder | undefined;
}

/** The exec has been claimed. Resolves when the program runs; throws why it does not, and then the exec has ended. */
export function launchExec(
  dependencies: LaunchDependencies,
  exec: Exec,
  request: LaunchRequest,
): Promise<ContainerProcess> {
  return during(request.recorder, STEPS.execLaunch, () => launch(dependencies, exec, request));
}

async function launch(
  dependencies: LaunchDependencies,
  exec: Exec,
  { stdio, size, io, recorder }: LaunchRequest,
): Promise<ContainerProcess> {
  const { execs, events, runtime, journal } = dependencies;
  const { container } = exec;
  emitExecEvent(events, exec, 'exec_start');
  let process: ContainerProcess;
  try {
    requireProgram(exec);
    journal?.begin(exec);
    process = await runtime.exec(container.id, {
      name: exec.id,
      process: toProcess(dependencies, exec, { size, recorder }),
      stdio,
      ...(io === undefined ? {} : { onBorn: () => io.born() }),
      ...(recorder === undefined ? {} : { watch: recorder }),
    });
  } catch (error) {
    exec.finished(exitCodeOf(error));
    execs.ended(exec);
    journal?.end(exec);
    // A container that ended meanwhile is the reason, whatever failed because of it.
    requireActive(container);
    throw error;
  }
  // First: who has asked for another size waits to hear that it runs.
  io?.started(process);
  exec.io = io;
  exec.started(process.pid);
  watchExec(dependencies, exec, process);
  return process;
}

/** Notes its end when it comes. */
export function watchExec(
  { execs, events, journal }: WatchExecDependencies,
  exec: Exec,
  { exited }: Pick<ContainerProcess, 'exited'>,
): void {
  void exited.then(({ code }) => {
    exec.finished(code);
    execs.ended(exec);
    journal?.end(exec);
    emitExecEvent(events, exec, 'exec_die');
  });
}

function toProcess(
  { resolveUser, specHost }: LaunchDependencies,
  exec: Exec,
  { size, recorder }: Pick<LaunchRequest, 'size' | 'recorder'>,
): Process {
  const { container, config } = exec;
  const { record, run } = container;
  if (run === undefined) throw new TskerError('conflict', `Container ${container.id} is not running`);
  const user = during(recorder, STEPS.user, () =>
    resolveUser(run.rootfs, config.user, record.hostConfig.GroupAdd ?? []),
  );
  return during(recorder, STEPS.execProcess, () =>
    execProcess({
      ...{ base: run.spec.process, container: record.config, config, user, size },
      allCapabilities: specHost.capabilities,
    }),
  );
}

/** An empty word is a name that no file has. */
function requireProgram({ config }: Exec): void {
  if (config.command[0] !== '') return;
  const reason = 'exec failed: unable to start container process: exec: "": executable file not found in $PATH';
  throw new TskerError('command_not_found', `OCI runtime exec failed: ${reason}`);
}

/** As a shell has them for a missing program; 126 for whatever else kept it from running, as Docker. */
function exitCodeOf(error: unknown): number {
  return error instanceof TskerError && error.code === 'command_not_found' ? 127 : 126;
}
