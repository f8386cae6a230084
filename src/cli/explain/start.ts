// POST /containers/{id}/start?explain=1 for run and start: the events go to a renderer as they come, a start that waits asks for a
// key, and a start that failed is the error it would have been without all this.
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/client.ts';
import type { ExplainEvent, ExplainPause } from '../../types/explain.ts';
import { TskerError } from '../../util/errors.ts';
import { containerPath } from '../targets.ts';
import { StepKeys } from './keys.ts';
import { type NarrateOptions, Narrator } from './narrate.ts';

export interface ExplainedStartOptions extends NarrateOptions {
  readonly client: ApiClient;
  readonly container: string;
}

/** Throws what the start throws. */
export async function startExplained(options: ExplainedStartOptions): Promise<void> {
  const { client, container, wish, io } = options;
  const keys = wish.step ? new StepKeys(io) : undefined;
  try {
    using narrator = new Narrator(options);
    const query = { explain: true, ...(wish.step ? { step: true } : {}) };
    const { head, body } = await client.request('POST', containerPath(container, 'start'), { query });
    if (head.status !== 200) {
      body.discard();
      if (head.status !== 304) io.stderr.write('this engine started the container, and does not explain how\n');
      return;
    }
    const last = await narrator.follow(body, async (event) => {
      if (event.type === 'pause') await goOn({ ...options, keys }, event);
    });
    requireDone(last);
  } finally {
    keys?.close();
  }
}

/** What the answer's status would have been. */
function requireDone(last: ExplainEvent | undefined): void {
  if (last?.type === 'failed') throw new ApiError(last.status, last.message, last.hint);
  if (last?.type !== 'done') throw new TskerError('corrupt', 'the daemon broke off in the middle of its explanation');
}

/** `next` comes from the key that is pressed. */
async function goOn(
  { client, container, io, keys }: ExplainedStartOptions & { readonly keys: StepKeys | undefined },
  pause: ExplainPause,
): Promise<void> {
  if (keys === undefined) return;
  const action = await keys.ask(pause);
  if (action === undefined) return;
  try {
    await client.send('POST', `/tsker${containerPath(container, 'step')}`, { query: { action } });
  } catch (error) {
    // Somebody else was faster, or it was given up meanwhile: the next event says which.
    if (!(error instanceof ApiError) || error.httpStatus !== 409) throw error;
    io.stderr.write(`${error.message}\n`);
  }
}
