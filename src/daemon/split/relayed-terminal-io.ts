// Streams of a terminal whose master is the shim's: what it copies comes and goes through pipes. Its size is asked of it.
import type { Writable } from 'node:stream';
import type { Pump } from '../../native/output-requests.ts';
import type { ProcessControl, TerminalWish } from '../../runtime/runtime.ts';
import {
  type Io,
  type IoNative,
  type IoRequest,
  type StartedProcess,
  type TeeOptions,
  type TerminalSize,
  writableOf,
} from '../container/io.ts';
import type { Streams } from '../container/pipe-io.ts';

export class RelayedTerminalIo implements Io {
  readonly stdio: TerminalWish;
  readonly ready = Promise.resolve();
  readonly finished: Promise<void>;
  ended = false;
  readonly #native: IoNative;
  readonly #pump: Pump;
  readonly #childEnds: readonly number[];
  #stdin: Writable | undefined;
  #control: ProcessControl | undefined;

  constructor(
    { native, sinks, openStdin, onLogLost, size }: IoRequest & { readonly size: TerminalSize },
    { stdin, stdout, stderr, paths }: Partial<Streams> = {},
  ) {
    this.#native = native;
    const output = stdout ?? native.pipe();
    const input = stdin ?? (openStdin ? native.pipe() : undefined);
    if (stderr !== undefined) for (const fd of [stderr.read, stderr.write]) native.close(fd);
    this.#childEnds = [output.write, ...(input === undefined ? [] : [input.read])];
    this.stdio = {
      ...{ terminal: true, ...size, stdout: output.write },
      ...(input === undefined ? {} : { stdin: input.read }),
      ...(paths === undefined ? {} : { paths }),
    };
    if (input?.write !== undefined) this.#stdin = writableOf(input.write);
    const lost = onLogLost === undefined ? {} : { onLogLost };
    this.#pump = native.pump({ stdout: output.read, sinks, ...lost });
    this.finished = this.#pump.finished.then(() => {
      this.ended = true;
    });
  }

  get stdin(): Writable | undefined {
    return this.#stdin;
  }

  /** A terminal has one stream, and no frames. */
  tee(fd: number, { carry = false }: Pick<TeeOptions, 'carry'> = {}): void {
    this.#pump.tee(fd, { stdout: true, stderr: false, mux: false, carry });
  }

  park(): Promise<boolean> {
    return this.#pump.park();
  }

  resume(): void {
    this.#pump.resume();
  }

  started({ control }: StartedProcess): void {
    this.#control = control;
    this.#closeChildEnds();
  }

  abandon(): void {
    this.#closeChildEnds();
    this.exited();
  }

  exited(): void {
    this.#stdin?.destroy();
    this.#stdin = undefined;
    this.#control = undefined;
  }

  stop(): void {
    this.#pump.stop();
  }

  drain(): Promise<void> {
    this.#pump.drain();
    return this.finished;
  }

  async resize(size: TerminalSize): Promise<void> {
    await this.#control?.resize(size);
  }

  #closeChildEnds(): void {
    for (const fd of this.#childEnds) this.#native.close(fd);
  }
}
