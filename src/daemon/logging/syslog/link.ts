// Keeps a native sink connected to its syslog server: connects at the start, where a failure is the container's, and again
// with growing pauses when the connection breaks. Lines are the native sink's; here is only who they go to.
import type { RemoteSink } from '../../../native/output-requests.ts';
import { messageOf } from '../../../util/errors.ts';
import type { Logger } from '../../../util/log.ts';
import type { Connection } from './dial.ts';

export interface LinkRequest {
  readonly dial: () => Promise<Connection>;
  /** Closes the descriptor of a connection that came too late. */
  readonly discard: (fd: number) => void;
  readonly log: Logger;
  /** Milliseconds before the first attempt to connect again, and at most between two. */
  readonly pause?: number;
  readonly maxPause?: number;
}

const PAUSE = 100;
const MAX_PAUSE = 10_000;
/** Milliseconds that what is left at the end has to get to the server (moby's loggerCloseTimeout). */
const CLOSE_TIMEOUT = 10_000;

export class SyslogLink {
  readonly #request: LinkRequest;
  #sink: RemoteSink | undefined;
  #connection: Connection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #pause: number;
  #closed = false;

  constructor(request: LinkRequest) {
    this.#request = request;
    this.#pause = request.pause ?? PAUSE;
  }

  /** Connects a new sink; throws when the server cannot be reached. */
  async open(sink: RemoteSink): Promise<void> {
    this.#sink = sink;
    this.#adopt(await this.#request.dial());
  }

  /** To be called when the sink says that its connection broke. */
  broken(): void {
    this.#connection?.close();
    this.#lose(this.#connection);
  }

  lost(lines: number): void {
    if (lines > 0) this.#request.log.warn('lines did not reach the syslog server', { lines });
  }

  /** No more lines will come: gives the rest some time, then ends. */
  async close(timeout = CLOSE_TIMEOUT): Promise<void> {
    const sink = this.#sink;
    if (sink === undefined || this.#closed) return;
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, timeout);
    await Promise.race([sink.drained(), patience.promise]);
    clearTimeout(timer);
    this.#closed = true;
    clearTimeout(this.#retry);
    sink.close();
    this.#connection?.close();
  }

  #adopt(connection: Connection): void {
    if (this.#closed || this.#sink === undefined) {
      this.#request.discard(connection.fd);
      connection.close();
      return;
    }
    this.#connection = connection;
    this.lost(this.#sink.connect(connection.fd));
    void connection.closed.then(() => this.#lose(connection));
  }

  #lose(connection: Connection | undefined): void {
    if (this.#closed || connection === undefined || connection !== this.#connection) return;
    this.#connection = undefined;
    if (this.#sink !== undefined) this.lost(this.#sink.connect(undefined));
    this.#request.log.warn('the syslog server closed the connection');
    this.#connectLater();
  }

  #connectLater(): void {
    this.#retry = setTimeout(() => void this.#connectAgain(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, this.#request.maxPause ?? MAX_PAUSE);
  }

  async #connectAgain(): Promise<void> {
    try {
      this.#adopt(await this.#request.dial());
      this.#pause = this.#request.pause ?? PAUSE;
    } catch (error) {
      this.#request.log.debug('the syslog server cannot be reached', { error: messageOf(error) });
      if (!this.#closed) this.#connectLater();
    }
  }
}
