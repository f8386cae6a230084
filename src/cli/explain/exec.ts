// GET /tsker/exec/{id}/explain for exec: listens before the exec is started, and tells how it goes. What goes wrong in the start is told
// by the start itself as well, so it is no error here.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/client.ts';
import { TskerError } from '../../util/errors.ts';
import { type NarrateOptions, Narrator } from './narrate.ts';

export interface ExplainedExecOptions extends NarrateOptions {
  readonly client: ApiClient;
  readonly id: string;
}

const NOT_FOUND = 404;
/** Milliseconds: what was told of a start that failed is on its way; of one that was refused nothing is. */
const PATIENCE = 250;

/** Resolves to what `start` does when all of the explanation has been shown. Throws what `start` throws. */
export async function explainedExec<T>(options: ExplainedExecOptions, start: () => Promise<T>): Promise<T> {
  using narrator = new Narrator(options);
  const body = await listen(options);
  if (body === undefined) return start();
  const told = narrator.follow(body);
  // Its failure is seen below; until then it must not end us.
  told.catch(() => undefined);
  let started: T;
  try {
    started = await start();
  } catch (error) {
    await Promise.race([told, sleep(PATIENCE)]).catch(() => undefined);
    body.discard();
    throw error;
  }
  const last = await told;
  if (last?.type !== 'done' && last?.type !== 'failed') {
    throw new TskerError('corrupt', 'the daemon broke off in the middle of its explanation');
  }
  return started;
}

/** Undefined for an engine that knows of no such thing. */
async function listen({ client, id, io }: ExplainedExecOptions) {
  try {
    const { body } = await client.request('GET', `/tsker/exec/${encodeURIComponent(id)}/explain`);
    return body;
  } catch (error) {
    if (!(error instanceof ApiError) || error.httpStatus !== NOT_FOUND) throw error;
    io.stderr.write('this engine does not explain how it starts a command\n');
    return undefined;
  }
}
