// Checks the health of a container for as long as one run of it lasts, one check after the other: the next waits for the
// end of the one before. While the container is paused nothing is checked.
import { setTimeout as sleep } from 'node:timers/promises';
import { isForWantOfRoom } from '../../store/database.ts';
import type { HealthResult } from '../../types/container.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { type Clock, formatTime } from '../clock.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import { Health } from './health.ts';
import { type HealthCheckDependencies, runHealthCheck } from './health-check.ts';
import { type HealthPlan, healthPlan } from './health-plan.ts';
import type { StartedRun } from './start.ts';
import type { ContainerStore } from './store.ts';

export interface HealthDependencies extends HealthCheckDependencies {
  readonly containers: Pick<ContainerStore, 'update'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Begins with the run and ends with it; does nothing for a container without a check. */
export function monitorHealth(dependencies: HealthDependencies, container: Container, run: StartedRun): void {
  const plan = healthPlan(container.record.config);
  if (plan === undefined) return;
  container.health ??= new Health();
  const { health } = container;
  health.begin();
  const ended = new AbortController();
  void run.process.exited.then(() => {
    ended.abort();
    health.end();
  });
  const monitor = { dependencies, container, plan, health, startedAt: run.startedAt, ended: ended.signal };
  checkUntilEnd(monitor).catch((error: unknown) => {
    dependencies.log.error('health checks have ended', { container: container.id, error: messageOf(error) });
  });
}

interface Monitor {
  readonly dependencies: HealthDependencies;
  readonly container: Container;
  readonly plan: HealthPlan;
  readonly health: Health;
  /** Epoch nanoseconds. */
  readonly startedAt: bigint;
  readonly ended: AbortSignal;
}

async function checkUntilEnd(monitor: Monitor): Promise<void> {
  const { container, ended } = monitor;
  while (await waitForNext(monitor)) {
    if (container.record.state.status === 'paused') continue;
    const { result, sinceStart } = await checkOnce(monitor);
    if (ended.aborted) return;
    if (monitor.health.record(result, monitor.plan, sinceStart)) {
      store(monitor);
      emitContainerEvent(monitor.dependencies.events, container, `health_status: ${monitor.health.status}`);
    }
  }
}

/** For a daemon that comes after a crash of this one. A full disk does not keep checks from going on. */
function store({ dependencies, container, health }: Monitor): void {
  try {
    dependencies.containers.update(container, { health: health.snapshot });
  } catch (error) {
    if (!isForWantOfRoom(error)) throw error;
  }
}

/** False when the run has ended. */
async function waitForNext({ dependencies, plan, health, startedAt, ended }: Monitor): Promise<boolean> {
  const starting =
    health.status === 'starting' && millisecondsSince(startedAt, dependencies.clock()) < plan.startPeriod;
  try {
    await sleep(starting ? plan.startInterval : plan.interval, undefined, { signal: ended });
    return true;
  } catch (error) {
    if (ended.aborted) return false;
    throw error;
  }
}

async function checkOnce({ dependencies, container, plan, startedAt }: Monitor): Promise<{
  result: HealthResult;
  sinceStart: number;
}> {
  const begun = dependencies.clock();
  const outcome = await runHealthCheck(dependencies, container, plan).catch((error: unknown) => ({
    exitCode: -1,
    output: messageOf(error),
  }));
  return {
    sinceStart: millisecondsSince(startedAt, begun),
    result: {
      Start: formatTime(begun),
      End: formatTime(dependencies.clock()),
      ExitCode: outcome.exitCode,
      Output: outcome.output,
    },
  };
}

function millisecondsSince(start: bigint, now: bigint): number {
  return Number(now - start) / 1e6;
}
