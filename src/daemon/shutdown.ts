// The end of a daemon: which signals ask for it, and how its containers end. They are its children and die with it; they are
// given time to do so in order.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../util/log.ts';
import type { Container } from './container/container.ts';
import { endRestarting, noteEnding } from './container/ending.ts';
import { type KillDependencies, killAndWait } from './container/kill.ts';
import type { RestartTimers } from './container/restart-timers.ts';
import { isAlive } from './container/state.ts';
import { stopContainer } from './container/stop.ts';
import type { ContainerStore } from './container/store.ts';

/** Seconds for a container that was not told how long. */
const STOP_TIMEOUT = 10;
/** Seconds after that for what follows an end. */
const GRACE = 5;

/** Resolves with the first SIGTERM or SIGINT; a second one ends the process at once. */
export function untilSignalled(log: Logger): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let signalled = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (signalled) {
        log.warn('a second signal: ending at once; the next daemon undoes what is left', { signal });
        process.exit(130);
      }
      signalled = true;
      resolve(signal);
    });
  }
  return promise;
}

export interface StopAllDependencies extends KillDependencies {
  readonly containers: Pick<ContainerStore, 'list' | 'transition' | 'update'>;
  readonly restarts: RestartTimers;
  /** Seconds for all together; Docker's --shutdown-timeout. */
  readonly shutdownTimeout: number;
  readonly log: Logger;
}

/** Stops every container, all at the same time. */
export async function stopAll(dependencies: StopAllDependencies): Promise<void> {
  const { containers, log, restarts } = dependencies;
  restarts.close();
  const waiting = containers.list().filter(({ record }) => record.state.status === 'restarting');
  await Promise.all(waiting.map((container) => endRestarting(dependencies, container, 'shutdown')));
  const alive = containers.list().filter(({ record }) => isAlive(record.state.status));
  if (alive.length > 0) log.info('stopping containers', { count: alive.length });
  const over = Promise.all(alive.map((container) => stopOne(dependencies, container))).then(() =>
    // The ends of containers that were on their way already.
    Promise.all(containers.list().map(({ run }) => run?.over)),
  );
  // A full disk must not hold the daemon: what it could not write down, the next one finds out.
  const late = new AbortController();
  const patience = patienceFor(alive, dependencies.shutdownTimeout);
  const limit = sleep(patience, 'late', { signal: late.signal });
  if ((await Promise.race([over, limit])) === 'late') log.warn('not every end of a container could be recorded');
  late.abort();
  await limit.catch(() => undefined);
}

/** Milliseconds: what the daemon is told, and more for a container that has more time to stop (moby's ShutdownTimeout). */
function patienceFor(alive: readonly Container[], seconds: number): number {
  const wanted = alive.map((container) => (stopTimeoutOf(container) < 0 ? Infinity : stopTimeoutOf(container) + GRACE));
  // setTimeout takes 31 bits.
  return Math.min(Math.max(seconds, ...wanted) * 1000, 2 ** 31 - 1);
}

/** Negative: as long as it takes. */
function stopTimeoutOf({ record }: Container): number {
  return record.config.StopTimeout ?? STOP_TIMEOUT;
}

async function stopOne(dependencies: StopAllDependencies, container: Container): Promise<void> {
  noteEnding(dependencies, container, 'shutdown');
  try {
    await stopContainer(dependencies, container, {
      signal: undefined,
      timeout: stopTimeoutOf(container),
      reason: 'shutdown',
    });
  } catch (error) {
    dependencies.log.warn('a container could not be stopped and is killed', { container: container.id, error });
    await killAndWait(dependencies, container);
  }
}
