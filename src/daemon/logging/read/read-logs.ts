// docker logs: the lines of a log in batches, from its start or its last lines, to its end or on with what is appended,
// across the files of rotation. Every line comes once and in order: a follower arms its watch, looks which file is written,
// reads its own to the end, and only then waits, or goes on to the next file.
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine } from '../../../types/container.ts';
import { FROM_THE_START, LogFile, type Start } from './file.ts';
import { KeptFiles } from './kept-files.ts';
import { LineParser } from './line-parser.ts';
import { LineFilter, type Selection } from './selection.ts';
import type { Follow, Hold, LogSource } from './source.ts';

export interface ReadOptions extends Selection {
  /** Goes on with what is appended, while the container runs. */
  readonly follow: boolean;
  /** Lines from the end, of both streams together; undefined: all. */
  readonly tail: number | undefined;
}

/** Milliseconds. Appends that come sooner one after the other are read together, so much later. */
const RUSH = 10;
const PAUSE = 4;

/** Where the lines begin that a client wants. */
interface Position {
  readonly generation: number;
  readonly start: Start;
}

/**
 * Ends when the log does, at `until`, or when the signal is given. What the log has now will be read even when its container is
 * removed meanwhile; the caller has to read, or to end the reading.
 */
export function readLogs(
  source: LogSource,
  options: ReadOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[]> {
  const kept = new KeptFiles(source);
  return readKept(kept, options, signal);
}

async function* readKept(
  source: LogSource,
  options: ReadOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[]> {
  const deadline = new Deadline(options.follow ? options.until : undefined);
  const oldest = source.oldest();
  const hold = source.hold(oldest);
  try {
    yield* new Reading(source, options, { hold, oldest, deadline, signal }).lines();
  } finally {
    hold.release();
    deadline.clear();
  }
}

interface Bounds {
  readonly hold: Hold;
  readonly oldest: number;
  readonly deadline: Deadline;
  readonly signal: AbortSignal;
}

class Reading {
  readonly #source: LogSource;
  readonly #options: ReadOptions;
  readonly #filter: LineFilter;
  readonly #follow: Follow | undefined;
  readonly #hold: Hold;
  readonly #deadline: Deadline;
  /** The client has gone. */
  readonly #signal: AbortSignal;
  /** What there was at the start. Without `follow` it is all that is read, however much is appended meanwhile. */
  readonly #oldest: number;
  readonly #newest: number;
  #limit = Number.POSITIVE_INFINITY;
  /** When it last went on to read. */
  #wokenAt = Number.NEGATIVE_INFINITY;

  constructor(source: LogSource, options: ReadOptions, { hold, oldest, deadline, signal }: Bounds) {
    this.#source = source;
    this.#options = options;
    this.#filter = new LineFilter(options);
    this.#follow = options.follow ? source.follow : undefined;
    this.#hold = hold;
    this.#deadline = deadline;
    this.#signal = signal;
    this.#oldest = oldest;
    this.#newest = source.newest();
  }

  async *lines(): AsyncGenerator<readonly LogLine[]> {
    if (this.#follow === undefined) this.#limit = (await this.#sizeOf(this.#newest)) ?? 0;
    const position = await this.#begin();
    let start = position.start;
    for (let generation = position.generation; !this.#signal.aborted; generation++) {
      this.#hold.advance(generation);
      const isLast = yield* this.#readFile(generation, start);
      if (isLast) return;
      start = FROM_THE_START;
    }
  }

  /** Yields what a file has; true when no other comes after it. */
  async *#readFile(generation: number, start: Start): AsyncGenerator<readonly LogLine[], boolean> {
    const fd = this.#source.openFile(generation);
    if (fd === undefined) return generation >= this.#source.newest();
    const file = await LogFile.open(fd);
    try {
      if (await this.#isTooOld(file, generation)) return false;
      return yield* this.#readOpen(file, { generation, start });
    } finally {
      await file.close();
    }
  }

  async *#readOpen(file: LogFile, { generation, start }: Position): AsyncGenerator<readonly LogLine[], boolean> {
    const parser = new LineParser();
    const limit = generation === this.#newest ? this.#limit : Number.POSITIVE_INFINITY;
    let at = start;
    while (!this.#signal.aborted) {
      // In this order: what is appended after the watch was armed will be told, and a file that is not written any more
      // has all its lines.
      const ended = (this.#follow?.ended ?? true) || this.#deadline.passed;
      const appended = ended ? undefined : this.#follow?.nextAppend();
      const newest = this.#follow === undefined ? this.#newest : this.#source.newest();
      for await (const chunk of file.chunks(at, limit)) {
        at = { offset: at.offset + chunk.length, skip: 0 };
        const lines = parser.push(chunk);
        const wanted = this.#filter.select(lines);
        if (wanted.length > 0) yield wanted;
        const last = lines.at(-1);
        if (this.#signal.aborted || (last !== undefined && this.#filter.isLate(last))) return true;
      }
      if (generation < newest) return false;
      if (appended === undefined) return true;
      await this.#woken(appended);
    }
    return true;
  }

  async #isTooOld(file: LogFile, generation: number): Promise<boolean> {
    const { since } = this.#options;
    return since !== undefined && generation < this.#newest && (await file.endsBefore(since));
  }

  /** Goes back from the newest file until there are lines enough. */
  async #begin(): Promise<Position> {
    const { tail } = this.#options;
    if (tail === undefined) return { generation: this.#oldest, start: FROM_THE_START };
    let wanted = tail;
    for (let generation = this.#newest; generation >= this.#oldest; generation--) {
      const result = await this.#tailOf(generation, wanted);
      if ('offset' in result) return { generation, start: result };
      wanted -= result.found;
    }
    return { generation: this.#oldest, start: FROM_THE_START };
  }

  async #tailOf(generation: number, wanted: number): Promise<Start | { readonly found: number }> {
    const limit = generation === this.#newest ? this.#limit : Number.POSITIVE_INFINITY;
    return (await this.#withFile(generation, (file) => file.tail(wanted, limit))) ?? { found: 0 };
  }

  #sizeOf(generation: number): Promise<number | undefined> {
    return this.#withFile(generation, (file) => file.size());
  }

  async #withFile<T>(generation: number, use: (file: LogFile) => Promise<T>): Promise<T | undefined> {
    const fd = this.#source.openFile(generation);
    if (fd === undefined) return undefined;
    const file = await LogFile.open(fd);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  /**
   * Resolves when something was appended, time is up, or the client has gone. Whoever reads each of a flood's appends at once
   * takes from the writers the time they need for the next.
   */
  async #woken(appended: Promise<void>): Promise<void> {
    await this.#told(appended);
    if (performance.now() - this.#wokenAt < RUSH && !this.#signal.aborted) await sleep(PAUSE);
    this.#wokenAt = performance.now();
  }

  #told(appended: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#signal.addEventListener('abort', wake, { once: true });
    this.#deadline.onPassed = wake;
    void appended.then(wake);
    return promise.finally(() => this.#signal.removeEventListener('abort', wake));
  }
}

/** Following ends at `until` even when nothing is logged; what was logged before is still read. */
class Deadline {
  passed = false;
  onPassed: () => void = () => undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(until: bigint | undefined) {
    if (until === undefined) return;
    const milliseconds = Number(until / 1_000_000n) - Date.now();
    const timer = (): void => {
      this.passed = true;
      this.onPassed();
    };
    this.#timer = setTimeout(timer, Math.min(Math.max(milliseconds, 0), 2 ** 31 - 1));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
