// The write end of a pipe whose reader is the native library: bytes that pass through JavaScript, with the pipe's
// backpressure. What they are is the writer's business.
import { Socket } from 'node:net';

/** Bytes that wait in JavaScript before a writer is held back: enough that the pipe never runs dry. */
const BUFFERED = 1024 * 1024;
const GONE = 'the reader of the layer stream is gone';

/** The write end of a pipe, for one writer at a time. */
export class PipeSink {
  readonly #socket: Socket;
  /** Wakes the writer that is held back. */
  #wake: (() => void) | undefined;

  constructor(fd: number) {
    // Socket hands this on to Duplex, though its type does not say so.
    const buffered = { writableHighWaterMark: BUFFERED };
    this.#socket = new Socket({ fd, readable: false, writable: true, ...buffered });
    // An error closes the socket, and write() and end() look at that.
    this.#socket.on('error', () => undefined);
    for (const event of ['drain', 'close']) this.#socket.on(event, () => this.#wake?.());
  }

  /** Whether the reader closed its end, or the sink was destroyed. */
  get broken(): boolean {
    return this.#socket.destroyed;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#check();
    if (this.#socket.write(chunk)) return;
    await this.#woken();
    this.#check();
  }

  /** Resolves when everything is written and the descriptor closed. */
  async end(): Promise<void> {
    this.#check();
    this.#socket.end();
    while (!this.#socket.closed) await this.#woken();
    if (!this.#socket.writableFinished) throw new Error(GONE);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #woken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  #check(): void {
    if (this.broken) throw new Error(GONE);
  }
}
