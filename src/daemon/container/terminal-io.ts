// Streams of a terminal. Its master comes from the runtime when the program runs already: output waits in the kernel until
// the clients that attached before are connected. Input is relayed by a second pump, because writing a master from the event
// loop would block it when the program does not read.
import type { Writable } from 'node:stream';
import type { Pump, PumpRequest, Sink } from '../../native/output-requests.ts';
import {
  type Io,
  type IoNative,
  type IoRequest,
  type StartedProcess,
  type TeeOptions,
  type TerminalSize,
  writableOf,
} from './io.ts';

const ALL_RAW: TeeOptions = { stdout: true, stderr: false, mux: false };

export class TerminalIo implements Io {
  readonly stdio: { readonly terminal: true; readonly rows: number; readonly columns: number };
  readonly ready: Promise<void>;
  readonly finished: Promise<void>;
  ended = false;
  readonly #native: IoNative;
  readonly #sinks: readonly Sink[];
  readonly #openStdin: boolean;
  readonly #lost: Pick<PumpRequest, 'onLogLost'>;
  readonly #starting = Promise.withResolvers<void>();
  readonly #finishing = Promise.withResolvers<void>();
  /** Attached before the master was there. */
  #early: number[] = [];
  #pump: Pump | undefined;
  #stdin: Writable | undefined;
  /** A duplicate of the master, for its size. */
  #master: number | undefined;

  constructor({ native, sinks, openStdin, onLogLost, size }: IoRequest & { readonly size: TerminalSize }) {
    this.#native = native;
    this.#sinks = sinks;
    this.#openStdin = openStdin;
    this.#lost = onLogLost === undefined ? {} : { onLogLost };
    this.stdio = { terminal: true, ...size };
    this.ready = this.#starting.promise;
    this.finished = this.#finishing.promise;
  }

  get stdin(): Writable | undefined {
    return this.#stdin;
  }

  /** A terminal has one stream, and no frames. */
  tee(fd: number, { carry = false }: Pick<TeeOptions, 'carry'> = {}): void {
    if (this.#pump !== undefined) this.#pump.tee(fd, { ...ALL_RAW, carry });
    else if (this.ended) this.#native.close(fd);
    else this.#early.push(fd);
  }

  async park(): Promise<boolean> {
    return this.#pump?.park() ?? false;
  }

  resume(): void {
    this.#pump?.resume();
  }

  born(): void {
    // It makes its terminal itself.
  }

  started({ terminal }: StartedProcess): void {
    if (terminal === undefined) throw new Error('the runtime gave no terminal');
    const native = this.#native;
    this.#master = native.dup(terminal);
    const input = this.#openStdin ? native.dup(terminal) : undefined;
    const pump = native.pump({ stdout: terminal, held: true, sinks: this.#sinks, ...this.#lost });
    this.#pump = pump;
    for (const fd of this.#early) pump.tee(fd, ALL_RAW);
    this.#early = [];
    pump.release();
    void pump.finished.then(() => this.#finish());
    if (input !== undefined) this.#stdin = this.#relay(input);
    this.#starting.resolve();
  }

  abandon(): void {
    for (const fd of this.#early) this.#native.close(fd);
    this.#early = [];
    this.exited();
    this.#starting.resolve();
    if (this.#pump === undefined) this.#finish();
  }

  exited(): void {
    this.#stdin?.destroy();
    this.#stdin = undefined;
    if (this.#master !== undefined) this.#native.close(this.#master);
    this.#master = undefined;
  }

  stop(): void {
    this.#pump?.stop();
  }

  drain(): Promise<void> {
    this.#pump?.drain();
    return this.finished;
  }

  async resize({ rows, columns }: TerminalSize): Promise<void> {
    if (this.#master !== undefined) this.#native.resizePty(this.#master, rows, columns);
  }

  /** A pipe whose content a pump writes to the master. */
  #relay(master: number): Writable {
    const { read, write } = this.#native.pipe();
    const relay = this.#native.pump({ stdout: read, held: true });
    relay.tee(master, ALL_RAW);
    relay.release();
    return writableOf(write);
  }

  #finish(): void {
    this.ended = true;
    this.#finishing.resolve();
  }
}
