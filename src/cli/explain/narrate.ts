// The events of an explained start as they come over the wire, given to the renderer that was asked for. It starts nothing.
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Environment } from '../../client/host.ts';
import type { AnswerBody } from '../../client/http/answer-body.ts';
import { createJsonLineReader } from '../../client/json-lines.ts';
import type { ExplainEvent } from '../../types/explain.ts';
import type { Io } from '../io.ts';
import { createChromeTrace } from './chrome.ts';
import type { ExplainWish } from './flags.ts';
import { createNarration } from './text.ts';

export interface NarrateOptions {
  readonly io: Io;
  readonly env: Environment;
  readonly wish: ExplainWish;
}

/** Texts of events; what is empty is not written. */
export interface Renderer {
  event(event: ExplainEvent): string;
  end(): string;
}

/** Called behind each event; the next is read when it has resolved. */
export type OnEvent = (event: ExplainEvent) => Promise<void>;

export class Narrator implements Disposable {
  readonly #renderer: Renderer;
  readonly #io: Io;
  /** Undefined: stderr. */
  readonly #fd: number | undefined;

  /** Throws when the file that was asked for cannot be written. */
  constructor({ wish, io, env }: NarrateOptions) {
    const { format, file } = wish;
    this.#io = io;
    this.#fd = file === undefined ? undefined : openSync(file, 'w', 0o644);
    const isTerminal = file === undefined && io.stderr.isTTY === true;
    const colour = isTerminal && (env['NO_COLOR'] ?? '') === '';
    this.#renderer = rendererOf(format, { width: (isTerminal && io.stderr.columns) || undefined, colour });
  }

  /** Reads to the end; the last event, if there was one. */
  async follow(body: AnswerBody, onEvent?: OnEvent): Promise<ExplainEvent | undefined> {
    const lines = createJsonLineReader();
    let last: ExplainEvent | undefined;
    for await (const piece of body.stream() as AsyncIterable<Buffer>) {
      for (const line of lines.push(piece)) {
        last = JSON.parse(line) as ExplainEvent;
        this.#write(this.#renderer.event(last));
        await onEvent?.(last);
      }
    }
    this.#write(this.#renderer.end());
    return last;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  #write(text: string): void {
    if (text === '') return;
    if (this.#fd === undefined) this.#io.stderr.write(text);
    else writeSync(this.#fd, text);
  }
}

function rendererOf(
  format: ExplainWish['format'],
  look: { readonly width: number | undefined; readonly colour: boolean },
): Renderer {
  if (format === 'text') return createNarration(look);
  if (format === 'json') return { event: (event) => `${JSON.stringify(event)}\n`, end: () => '' };
  return createChromeTrace();
}
