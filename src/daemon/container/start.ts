// docker start: from a created or exited container to a running one. Everything it makes on the host is in the ledger under
// the run's owner, so that a failure at any point is undone in one way (start-failure.ts).
import type { Attachment as NetworkAttachment } from '../../network/network.ts';
import type { Recorder } from '../../runtime/explain/recorder.ts';
import { during } from '../../runtime/narration.ts';
import type { ContainerProcess } from '../../runtime/runtime.ts';
import type { Reserve } from '../../store/reserve.ts';
import { withCleanupFailure } from '../../util/errors.ts';
import type { Turns } from '../../util/turns.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { formatTime } from '../clock.ts';
import { type ImageDependencies, tellImage, tellNetwork } from '../explain/facts.ts';
import { STEPS } from '../explain/steps.ts';
import type { ContainerLog } from '../logging/container-log.ts';
import type { Container } from './container.ts';
import { runEffects } from './effects.ts';
import { emitContainerEvent } from './event.ts';
import type { Io } from './io.ts';
import { attachNetwork, type LaunchDependencies, type Launched, launch } from './launch.ts';
import { mountsOf } from './mounts/of-record.ts';
import { emitVolumeMounts, mountVolumes } from './mounts/run-volumes.ts';
import type { UserMount } from './mounts/types.ts';
import { emitNetworkEvents } from './network-event.ts';
import type { StreamMaker } from './open-io.ts';
import { closeLogAfter, type LogOpening, openLog } from './open-log.ts';
import { refreshLinkers } from './refresh-files.ts';
import { SIGKILL } from './signal.ts';
import { createBindSources } from './sources.ts';
import { type FailureDependencies, recordFailedStart } from './start-failure.ts';
import { requireStartable } from './state.ts';

export type StartDependencies = LaunchDependencies &
  FailureDependencies &
  ImageDependencies &
  LogOpening & {
    readonly reserve: Pick<Reserve, 'require'>;
    readonly streams: Pick<StreamMaker, 'ofContainer'>;
    readonly volumes: Pick<Volumes, 'mount' | 'unmount' | 'isPlain'>;
    readonly turns: Pick<Turns, 'take' | 'goOn'>;
    /** Called when a run has begun; it sees to its end. */
    readonly watchRun: (container: Container, run: StartedRun) => void;
  };

export interface StartedRun extends Launched {
  readonly io: Io;
  readonly log: ContainerLog;
  /** Lets go of the container's layer; called when the process has ended. */
  readonly release: () => Promise<void>;
  /** Epoch nanoseconds. */
  readonly startedAt: bigint;
}

/** Throws not_modified when it runs, conflict when it cannot be started, and what the runtime says. Before those two no recorder
 * is told of anything. */
export function startContainer(
  dependencies: StartDependencies,
  container: Container,
  recorder?: Recorder,
): Promise<void> {
  return container.exclusive.run(async () => {
    requireStartable(container.record.state.status);
    await during(recorder, STEPS.start, async () => {
      forgetRestarts(dependencies, container);
      await attemptStart(dependencies, container, recorder);
    });
  });
}

/** By its restart policy, when it is still waiting for that. */
export function startAgain(dependencies: StartDependencies, container: Container): Promise<void> {
  return container.exclusive.run(async () => {
    if (container.record.state.status === 'restarting') await attemptStart(dependencies, container);
  });
}

/** The user's start is a new beginning for the restart policy. */
function forgetRestarts({ containers }: StartDependencies, container: Container): void {
  const { restartCount, manuallyStopped } = container.record;
  container.backoff.reset();
  if (restartCount > 0 || manuallyStopped === true) {
    containers.update(container, { restartCount: 0, manuallyStopped: false });
  }
}

async function attemptStart(dependencies: StartDependencies, container: Container, recorder?: Recorder): Promise<void> {
  await dependencies.turns.take();
  container.endReason = undefined;
  try {
    await startRun(dependencies, container, recorder);
  } catch (error) {
    await recordFailedStart(dependencies, container, error);
    throw error;
  }
}

async function startRun(
  dependencies: StartDependencies,
  container: Container,
  recorder: Recorder | undefined,
): Promise<void> {
  const { events, reserve } = dependencies;
  reserve.require();
  await dependencies.network.portsSettled();
  const { record } = container;
  if (recorder !== undefined) tellImage(recorder, dependencies, record);
  const attachment = await during(recorder, STEPS.network, () => attachNetwork(dependencies, record, recorder));
  if (recorder !== undefined) tellNetwork(recorder, attachment);
  during(recorder, STEPS.sources, () => createBindSources(mountsOf(record)));
  const mounts = await during(recorder, STEPS.volumes, () => mountForRun(dependencies, container));
  const { io, log } = await during(recorder, STEPS.streams, () => openStreams(dependencies, container));
  let launched: Launched;
  let release: StartedRun['release'] = () => Promise.resolve();
  try {
    container.attachments.connectAll(io);
    await dependencies.turns.goOn();
    release = await during(recorder, STEPS.hold, () => dependencies.layers.holdContainer(container.id));
    launched = await during(recorder, STEPS.launch, () =>
      launch(dependencies, container.record, { attachment, mounts, stdio: io.stdio, recorder }),
    );
  } catch (error) {
    io.abandon();
    throw await failureAfter(release, error);
  }
  const { process, spec, rootfs } = launched;
  try {
    io.started(process);
    await dependencies.turns.goOn();
    const startedAt = during(recorder, STEPS.record, () =>
      recordStart(dependencies, container, { process, attachment }),
    );
    during(recorder, STEPS.tell, () => {
      emitNetworkEvents(events, container, 'connect');
      refreshLinkers(dependencies, container);
      emitVolumeMounts(events, container.id, container.mountedVolumes);
      emitContainerEvent(events, container, 'start');
      dependencies.watchRun(container, { process, io, log, spec, rootfs, release, startedAt });
    });
  } catch (error) {
    // It runs and cannot be kept: nobody would ever see to its end.
    process.signal(SIGKILL);
    await process.exited;
    io.exited();
    throw await failureAfter(release, error);
  }
}

async function failureAfter(release: StartedRun['release'], error: unknown): Promise<unknown> {
  try {
    await release();
    return error;
  } catch (cleanup) {
    return withCleanupFailure(error, cleanup);
  }
}

/** What is mounted is noted on the container, and given back with the run (exit.ts) or the attempt (start-failure.ts). */
function mountForRun(dependencies: StartDependencies, container: Container): Promise<readonly UserMount[]> {
  const { native, volumes, ledger, directories, userns } = dependencies;
  const { id, record } = container;
  container.mountedVolumes = [];
  return mountVolumes({
    native,
    volumes,
    containerId: id,
    mounts: mountsOf(record),
    remapped: userns.of(record.hostConfig),
    subpathPlace: (index) => directories.subpath(id, index),
    effects: runEffects(ledger, id),
    onMounted: (mount) => void container.mountedVolumes.push(mount),
  });
}

/** From here on the end of the streams closes the log. */
async function openStreams(
  dependencies: StartDependencies,
  container: Container,
): Promise<Pick<StartedRun, 'io' | 'log'>> {
  const { id, record } = container;
  await endStreams(container);
  const log = await openLog(dependencies, record);
  try {
    const io = await dependencies.streams.ofContainer(record, {
      native: dependencies.native,
      effects: runEffects(dependencies.ledger, id),
      sinks: log.sinks,
      onLogLost: (loss) => dependencies.log.warn('lines of output are not in the log', { container: id, ...loss }),
    });
    closeLogAfter(io, log, { log: dependencies.log, id });
    container.io = io;
    void io.finished.then(() => {
      if (container.io === io) container.io = undefined;
    });
    return { io, log };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/**
 * The last run's, when something has held them open longer than its program: a client that does not read, a process in
 * another PID namespace. Two runs must not write one log.
 */
async function endStreams({ io }: Container): Promise<void> {
  if (io === undefined) return;
  io.stop();
  // Its log is closed by whoever waited for this before.
  await io.finished;
}

function recordStart(
  { containers, clock }: StartDependencies,
  container: Container,
  { process, attachment }: { readonly process: ContainerProcess; readonly attachment: NetworkAttachment },
): bigint {
  const startedAt = clock();
  containers.transition(
    container,
    {
      status: 'running',
      pid: process.pid,
      exitCode: 0,
      error: '',
      oomKilled: false,
      startedAt: formatTime(startedAt),
    },
    { endpoints: attachment.endpoints, ports: attachment.ports },
  );
  return startedAt;
}
