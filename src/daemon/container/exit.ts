// The end of a run, however it came: output flushed, state stored, clients told, effects undone, then whoever waits, and
// last the next run, by the restart policy, or the removal of a container that was to remove itself.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExitStatus } from '../../native/native.ts';
import type { NetworkService } from '../../network/network.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { WaitResponse } from '../../types/container.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { type Clock, formatTime, parseTimestamp } from '../clock.ts';
import type { EventSink } from '../events.ts';
import type { ExecStore } from '../exec/store.ts';
import type { Container } from './container.ts';
import { runOwner } from './effects.ts';
import { emitContainerEvent } from './event.ts';
import { unmountVolumes } from './mounts/run-volumes.ts';
import { emitNetworkEvents } from './network-event.ts';
import { type RemoveDependencies, removeStopped } from './remove.ts';
import { restartsAfterEnd } from './restart-policy.ts';
import type { RestartTimers } from './restart-timers.ts';
import type { StartedRun } from './start.ts';
import type { ContainerStore } from './store.ts';
import { whenThereIsRoom } from './when-there-is-room.ts';

export interface ExitDependencies extends RemoveDependencies {
  readonly containers: ContainerStore;
  readonly runtime: Pick<Runtime, 'delete' | 'oomKilled' | 'resume'>;
  readonly network: Pick<NetworkService, 'detach'>;
  readonly ledger: Pick<Ledger, 'undo'>;
  readonly events: EventSink;
  readonly volumes: Pick<Volumes, 'unmount' | 'release' | 'remove'>;
  readonly execs: ExecStore;
  readonly restarts: RestartTimers;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Milliseconds that output may take after the end of the process. A client that reads slowly still gets all of it later;
 * the state of the container does not wait for it.
 */
const FLUSH_GRACE = 2000;

/** Notes the run on the container, and deals with its end when it comes. */
export function watchRun(dependencies: ExitDependencies, container: Container, run: StartedRun): void {
  const { promise: ended, resolve: onEnded } = Promise.withResolvers<void>();
  const over = run.process.exited
    .then((status) => finishRun(dependencies, container, { run, status, onEnded }))
    .catch((error: unknown) => {
      // What could not be undone is still in the ledger; the state has been stored.
      dependencies.log.error('the end of a container could not be dealt with completely', {
        container: container.id,
        error: messageOf(error),
      });
    })
    .finally(onEnded);
  container.run = { ...run, ended, over };
}

interface Ending {
  readonly run: StartedRun;
  readonly status: ExitStatus;
  readonly onEnded: () => void;
}

async function finishRun(dependencies: ExitDependencies, container: Container, ending: Ending): Promise<void> {
  const { io } = ending.run;
  await flush(io.finished);
  await container.exclusive.run(async () => {
    io.exited();
    await dependencies.turns.goOn();
    let tell: ((answer: WaitResponse) => void) | undefined;
    try {
      const waiting = { log: dependencies.log, what: `the end of container ${container.id}` };
      await whenThereIsRoom(waiting, () => {
        recordExit(dependencies, container, ending);
        tell = container.waiters.ending();
      });
      await whenThereIsRoom(waiting, () => undoRun(dependencies, container));
      await ending.run.release();
    } finally {
      dependencies.execs.containerEnded(container.id);
      container.run = undefined;
      tell ??= container.waiters.ending();
      tell({ StatusCode: ending.status.code });
      scheduleRestart(dependencies, container, ending.run);
      ending.onEnded();
    }
    const { AutoRemove: remove } = container.record.hostConfig;
    if (remove && container.endReason !== 'restart') await removeStopped(dependencies, container, { volumes: true });
  });
}

function scheduleRestart({ restarts }: ExitDependencies, container: Container, { startedAt }: StartedRun): void {
  const { status, finishedAt } = container.record.state;
  if (status !== 'restarting') return;
  const ranFor = Number((parseTimestamp(finishedAt) - startedAt) / 1_000_000n);
  restarts.schedule(container, container.backoff.next(ranFor));
}

async function flush(finished: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const grace = sleep(FLUSH_GRACE, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([finished, grace]);
  timer.abort();
}

function recordExit(
  { containers, runtime, events, clock, network }: ExitDependencies,
  container: Container,
  { run, status }: Ending,
): void {
  const finishedAt = clock();
  const oomKilled = runtime.oomKilled(container.id);
  network.detach(container.id);
  const { endReason: reason } = container;
  const { restartCount, hostConfig, endpoints, manuallyStopped = false } = container.record;
  const restarts = restartsAfterEnd(hostConfig.RestartPolicy, {
    ...{ exitCode: status.code, restartCount, reason, manuallyStopped },
  });
  containers.transition(
    container,
    {
      status: restarts ? 'restarting' : 'exited',
      pid: 0,
      exitCode: status.code,
      oomKilled,
      finishedAt: formatTime(finishedAt),
    },
    {
      endpoints: [],
      ports: {},
      ...(restarts ? { restartCount: restartCount + 1 } : {}),
      ...(reason === 'stop' ? { manuallyStopped: true } : {}),
      ...(container.health === undefined ? {} : { health: container.health.snapshot }),
    },
  );
  if (oomKilled) emitContainerEvent(events, container, 'oom');
  emitContainerEvent(events, container, 'die', {
    exitCode: String(status.code),
    execDuration: String((finishedAt - run.startedAt) / 1_000_000_000n),
  });
  emitNetworkEvents(events, container, 'disconnect', endpoints);
}

async function undoRun(dependencies: ExitDependencies, container: Container): Promise<void> {
  const { runtime, ledger } = dependencies;
  await runtime.delete(container.id);
  await ledger.undo(runOwner(container.id));
  await unmountVolumes(dependencies, container);
}
