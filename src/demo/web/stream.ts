// Server-sent events to the pages that are open. Who comes late is told what still holds: the last of each lasting event, and the
// lesson under way from its beginning.
import type { ServerResponse } from 'node:http';
import type { Audience, ToldClaim, ToldLesson, ToldStep } from '../audience.ts';
import type { Block } from '../block.ts';
import type { Scene } from './scene.ts';
import type { Timeline } from './timeline.ts';

/** Of the lesson under way, in their order. */
export interface LessonEvents {
  readonly lesson: ToldLesson;
  readonly step: ToldStep;
  readonly sight: { readonly shown: readonly Block[]; readonly claims: readonly ToldClaim[] };
  readonly failure: { readonly message: string };
  /** The next step waits for its button. */
  readonly waiting: object;
  readonly done: { readonly claims: number; readonly failed: number };
}

/** The last one holds. */
export interface LastingEvents {
  readonly scene: Scene;
  readonly timeline: Timeline;
}

/** Bytes that a page may leave unread before it is given up. */
const MAX_BEHIND = 4 * 1024 * 1024;

export class Stream {
  readonly #pages = new Set<ServerResponse>();
  readonly #lasting = new Map<string, string>();
  #story: string[] = [];

  /** Takes over the answer; it stays open until the page leaves or `close`. */
  add(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
    for (const message of [...this.#lasting.values(), ...this.#story]) response.write(message);
  }

  get watched(): boolean {
    return this.#pages.size > 0;
  }

  last<E extends keyof LastingEvents>(event: E, data: LastingEvents[E]): void {
    const message = encode(event, data);
    if (this.#lasting.get(event) === message) return;
    this.#lasting.set(event, message);
    this.#send(message);
  }

  tell<E extends keyof LessonEvents>(event: E, data: LessonEvents[E]): void {
    if (event === 'lesson') this.#story = [];
    const message = encode(event, data);
    this.#story.push(message);
    this.#send(message);
  }

  close(): void {
    for (const page of this.#pages) page.destroy();
  }

  #send(message: string): void {
    for (const page of this.#pages) {
      if (page.writableLength > MAX_BEHIND) page.destroy();
      else page.write(message);
    }
  }
}

/** One message; JSON has no line ends of its own. */
function encode(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The pages as audience of a lesson. */
export class PageAudience implements Audience {
  readonly #stream: Stream;
  readonly #look: () => void;
  #next: (() => void) | undefined;

  /** `look` draws what runs now: what a step made is to be seen before the next one ends it. */
  constructor(stream: Stream, look: () => void) {
    this.#stream = stream;
    this.#look = look;
  }

  lesson(lesson: ToldLesson): void {
    this.#stream.tell('lesson', lesson);
  }

  step(step: ToldStep): void {
    this.#stream.tell('step', step);
  }

  sight(shown: readonly Block[], claims: readonly ToldClaim[]): void {
    this.#look();
    this.#stream.tell('sight', { shown, claims });
  }

  failure(message: string): void {
    this.#stream.tell('failure', { message });
  }

  pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#next = resolve;
    this.#stream.tell('waiting', {});
    return promise;
  }

  /** The button: without a step that waits it does nothing. */
  next(): void {
    this.#next?.();
    this.#next = undefined;
  }
}
