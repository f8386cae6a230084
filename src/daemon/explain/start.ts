// docker start, explained: the verb itself with a recorder, and with someone who paces its plan when it is to be stepped through.

import { toHttpError } from '../../api/errors.ts';
import type { ExplainedStart } from '../../api/explain/backend.ts';
import { Recorder } from '../../runtime/explain/recorder.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from '../container/container.ts';
import { type StartDependencies, startContainer } from '../container/start.ts';
import { SteppedStart } from './stepped-start.ts';
import type { SteppedStarts } from './stepped-starts.ts';

export type ExplainDependencies = StartDependencies & { readonly stepped: SteppedStarts };

/**
 * Rejects when the start is refused before anything was done; what fails later is told as the last event, for then the client has
 * begun to read.
 */
export async function explainStart(
  dependencies: ExplainDependencies,
  container: Container,
  { tell, began, method, path, step, signal }: ExplainedStart,
): Promise<void> {
  if (step === undefined) {
    const recorder = new Recorder({ tell, now: () => performance.now(), begin: began });
    recorder.request(requestOf(container, { method, path }));
    await conclude(recorder, container, () => startContainer(dependencies, container, recorder));
    return;
  }
  if (!dependencies.runtime.canPace) {
    throw new TskerError('not_implemented', 'in the split architecture a start cannot be stepped through', {
      hint: 'its plan is executed by another program: use a daemon without --arch split',
    });
  }
  using start = new SteppedStart({ native: dependencies.native, limit: step.limit });
  const recorder = new Recorder({ tell, now: () => performance.now(), begin: began, stepper: start });
  // A client that goes away later is not missed: what was told to run on does, as what docker run started.
  const giveUp = (): void => start.giveUp('the client went away');
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  try {
    await dependencies.stepped.keep(container.id, start, async () => {
      recorder.request(requestOf(container, { method, path }));
      await conclude(recorder, container, () => startContainer(dependencies, container, recorder), start);
    });
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

export function requestOf({ id, record }: Container, request: { readonly method: string; readonly path: string }) {
  const time = new Date(performance.timeOrigin + performance.now()).toISOString();
  return { ...request, time, container: id, name: record.name, pid: process.pid };
}

async function conclude(
  recorder: Recorder,
  container: Container,
  start: () => Promise<void>,
  stepped?: SteppedStart,
): Promise<void> {
  // A program that is quick has ended when its start is told.
  let pid = 0;
  try {
    await start();
    pid = recorder.pid ?? container.record.state.pid;
  } catch (error) {
    if (!recorder.begun) throw error;
    const { reason } = stepped ?? {};
    const told = reason === undefined ? error : new TskerError('cancelled', `the start was given up: ${reason}`);
    const { status, body } = toHttpError(told);
    recorder.failed({ status, ...body });
    return;
  }
  recorder.done(pid);
}
