// docker stop: the container's own signal, some time, then SIGKILL.
import { setTimeout as sleep } from 'node:timers/promises';
import type { StopOptions } from '../../api/container/backend.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from './container.ts';
import { endRestarting, noteEnding } from './ending.ts';
import { emitContainerEvent } from './event.ts';
import { type KillDependencies, killAndWait, sendSignal } from './kill.ts';
import type { EndReason } from './restart-policy.ts';
import { requireSignal, SIGTERM } from './signal.ts';
import { isAlive } from './state.ts';
import { resumeIfPaused } from './unpause.ts';

/** Seconds, when neither the client nor the container says. */
const DEFAULT_TIMEOUT = 10;
/** setTimeout takes 31 bits of milliseconds. */
const TIMEOUT_MAX = 2 ** 31 / 1000 - 1;

export interface StopRequest extends StopOptions {
  /** Default: the user wants it stopped. */
  readonly reason?: EndReason;
}

/** Throws not_modified when it does not run. */
export async function stopContainer(
  dependencies: KillDependencies,
  container: Container,
  options: StopRequest,
): Promise<void> {
  const { config } = container.record;
  const { reason = 'stop' } = options;
  const wanted = options.signal ?? config.StopSignal;
  const signal = wanted === undefined ? SIGTERM : requireSignal(wanted);
  if (await endRestarting(dependencies, container, reason)) {
    emitContainerEvent(dependencies.events, container, 'stop');
    return;
  }
  const { run } = container;
  if (!isAlive(container.record.state.status) || run === undefined)
    throw new TskerError('not_modified', 'container already stopped');
  noteEnding(dependencies, container, reason);
  sendSignal(dependencies, container, signal);
  await resumeIfPaused(dependencies, container);
  const timeout = options.timeout ?? config.StopTimeout ?? DEFAULT_TIMEOUT;
  // Before the `destroy` of a container that removes itself.
  const said = run.ended.then(() => emitContainerEvent(dependencies.events, container, 'stop'));
  if (!(await endsWithin(run.over, timeout))) await killAndWait(dependencies, container);
  await said;
}

async function endsWithin(over: Promise<void>, seconds: number): Promise<boolean> {
  if (seconds < 0) return over.then(() => true);
  const timer = new AbortController();
  const { signal } = timer;
  const late = sleep(Math.min(seconds, TIMEOUT_MAX) * 1000, false, { signal }).catch(() => false);
  const ended = await Promise.race([over.then(() => true), late]);
  timer.abort();
  return ended;
}
