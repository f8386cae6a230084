// docker kill: one signal to the first process. Only for SIGKILL does it wait for the end.
import { TskerError } from '../../util/errors.ts';
import type { Container } from './container.ts';
import { type EndingDependencies, endRestarting, noteEnding, rememberStopped } from './ending.ts';
import { emitContainerEvent } from './event.ts';
import { requireSignal, SIGKILL } from './signal.ts';
import { isAlive } from './state.ts';
import { resumeIfPaused, type UnpauseDependencies } from './unpause.ts';

export type KillDependencies = UnpauseDependencies & EndingDependencies;

/** `reference` is what the client called it, for the message. */
export async function killContainer(
  dependencies: KillDependencies,
  container: Container,
  { reference, signal }: { readonly reference: string; readonly signal: string | undefined },
): Promise<void> {
  const number = signal === undefined ? SIGKILL : requireSignal(signal);
  const ends = isToEnd(container, number);
  if (ends && (await endRestarting(dependencies, container, 'stop'))) return;
  if (!isAlive(container.record.state.status)) {
    throw new TskerError('conflict', `cannot kill container: ${reference}: container ${container.id} is not running`);
  }
  if (ends) noteEnding(dependencies, container, 'stop');
  else rememberStopped(dependencies, container);
  if (number === SIGKILL) await killAndWait(dependencies, container);
  else {
    sendSignal(dependencies, container, number);
    if (endsPause(container, number)) await resumeIfPaused(dependencies, container);
  }
}

/** moby, killWithSignal: the container's own stop signal, or any when it has none. */
function endsPause({ record }: Container, signal: number): boolean {
  const { StopSignal: own } = record.config;
  return own === undefined || requireSignal(own) === signal;
}

/** What is not answered with a restart: any signal for a container that has no stop signal of its own (moby, killWithSignal). */
function isToEnd({ record }: Container, signal: number): boolean {
  const { StopSignal: own } = record.config;
  return signal === SIGKILL || own === undefined || requireSignal(own) === signal;
}

/** SIGKILL, and the end of the run. */
export async function killAndWait(dependencies: KillDependencies, container: Container): Promise<void> {
  if (container.endReason === undefined) noteEnding(dependencies, container, 'stop');
  const over = container.run?.over;
  sendSignal(dependencies, container, SIGKILL);
  await resumeIfPaused(dependencies, container);
  await over;
}

/** Says so before it does, so that the event comes before `die`. */
export function sendSignal({ events }: Pick<KillDependencies, 'events'>, container: Container, signal: number): void {
  emitContainerEvent(events, container, 'kill', { signal: String(signal) });
  container.run?.process.signal(signal);
}
