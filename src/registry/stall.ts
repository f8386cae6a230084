// Notices a server that sends nothing, or so little that it only keeps the connection busy. What is done about it is the
// caller's: the signal is aborted.

/** Bytes that have to come within the time: a link of the last century does that, a server that drips does not. */
const LEAST = 1024;

export class Stall {
  readonly #milliseconds: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** Since the last time that enough had come: bytes, and how long they were waited for. */
  #bytes = 0;
  #waited = 0;
  #started = 0;

  /** Aborts when for so long, counted between start and stop, too little came. */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What went wrong, once the signal is aborted. */
  get complaint(): string {
    const time = `${this.#milliseconds} ms`;
    return this.#bytes === 0 ? `no answer for ${time}` : `the server is too slow: ${this.#bytes} B in ${time}`;
  }

  start(): void {
    clearTimeout(this.#timer);
    this.#started = performance.now();
    this.#timer = setTimeout(() => this.#controller.abort(), Math.max(0, this.#milliseconds - this.#waited));
  }

  /** Stops the clock because bytes came. */
  came(bytes: number): void {
    this.stop();
    this.#bytes += bytes;
    this.#waited += performance.now() - this.#started;
    if (this.#bytes < LEAST) return;
    this.#bytes = 0;
    this.#waited = 0;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
