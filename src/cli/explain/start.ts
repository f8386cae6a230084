// POST /containers/{id}/start?explain=1 for run and start: the events go to a renderer as they come, a start that waits asks for a
// key, and a start that failed is the error it would have been without all this.
import { closeSync, openSync, writeSync } from 'node:fs';
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/client.ts';
import type { Environment } from '../../client/host.ts';
import { createJsonLineReader } from '../../client/json-lines.ts';
import type { ExplainEvent, ExplainPause } from '../../types/explain.ts';
import { TskerError } from '../../util/errors.ts';
import type { Io } from '../io.ts';
import { containerPath } from '../targets.ts';
import { createChromeTrace } from './chrome.ts';
import type { ExplainWish } from './flags.ts';
import { StepKeys } from './keys.ts';
import { createNarration } from './text.ts';

export interface ExplainedStartOptions {
  readonly client: ApiClient;
  readonly io: Io;
  readonly env: Environment;
  readonly container: string;
  readonly wish: ExplainWish;
}

/** Texts of events; what is empty is not written. */
export interface Renderer {
  event(event: ExplainEvent): string;
  end(): string;
}

/** Throws what the start throws. */
export async function startExplained(options: ExplainedStartOptions): Promise<void> {
  const { client, container, wish, io } = options;
  const keys = wish.step ? new StepKeys(io) : undefined;
  const output = openOutput(options);
  try {
    const query = { explain: true, ...(wish.step ? { step: true } : {}) };
    const { head, body } = await client.request('POST', containerPath(container, 'start'), { query });
    if (head.status !== 200) {
      body.discard();
      if (head.status !== 304) io.stderr.write('this engine started the container, and does not explain how\n');
      return;
    }
    const lines = createJsonLineReader();
    let last: ExplainEvent | undefined;
    for await (const piece of body.stream() as AsyncIterable<Buffer>) {
      for (const line of lines.push(piece)) {
        last = JSON.parse(line) as ExplainEvent;
        output.write(output.renderer.event(last));
        if (last.type === 'pause') await goOn({ ...options, keys }, last);
      }
    }
    output.write(output.renderer.end());
    requireDone(last);
  } finally {
    keys?.close();
    output.close();
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

interface ExplainOutput {
  readonly renderer: Renderer;
  write(text: string): void;
  close(): void;
}

function openOutput({ wish, io, env }: ExplainedStartOptions): ExplainOutput {
  const { format, file } = wish;
  const fd = file === undefined ? undefined : openSync(file, 'w', 0o644);
  const isTerminal = fd === undefined && io.stderr.isTTY === true;
  const colour = isTerminal && (env['NO_COLOR'] ?? '') === '';
  return {
    renderer: rendererOf(format, { width: isTerminal ? io.stderr.columns : undefined, colour }),
    write(text) {
      if (text === '') return;
      if (fd === undefined) io.stderr.write(text);
      else writeSync(fd, text);
    },
    close() {
      if (fd !== undefined) closeSync(fd);
    },
  };
}

function rendererOf(
  format: ExplainWish['format'],
  look: { readonly width: number | undefined; readonly colour: boolean },
): Renderer {
  if (format === 'text') return createNarration(look);
  if (format === 'json') return { event: (event) => `${JSON.stringify(event)}\n`, end: () => '' };
  return createChromeTrace();
}
