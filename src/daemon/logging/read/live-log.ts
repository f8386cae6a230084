// The log of a container that runs, as a source for readers: its files through the native sink, which renames them, and
// the news of what is appended.
import type { LogSink } from '../../../native/output-requests.ts';
import type { Follow, Hold, LogSource } from './source.ts';

export class LiveLog implements LogSource, Follow {
  ended = false;
  readonly #sink: LogSink;
  readonly #maxFiles: number;
  #waiting: (() => void)[] = [];
  #armed = false;

  constructor(sink: LogSink, maxFiles: number) {
    this.#sink = sink;
    this.#maxFiles = maxFiles;
  }

  get follow(): Follow {
    return this;
  }

  /** All has been written; followers come to their end. */
  end(): void {
    this.ended = true;
    this.#wake();
  }

  nextAppend(): Promise<void> {
    if (this.ended) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    if (!this.#armed) {
      this.#armed = true;
      this.#sink.watch(() => {
        this.#armed = false;
        this.#wake();
      });
    }
    return promise;
  }

  oldest(): number {
    return Math.max(1, this.newest() - this.#maxFiles + 1);
  }

  newest(): number {
    return this.#sink.generation();
  }

  openFile(generation: number): number | undefined {
    return this.#sink.openFile(generation);
  }

  hold(generation: number): Hold {
    return this.#sink.pin(generation);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
