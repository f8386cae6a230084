// What streams have in common whose output a pump reads from before there is a process: pipes, and a terminal that a shim relays. A
// terminal of our own is none of them: its master comes with the process (terminal-io.ts).
import type { Writable } from 'node:stream';
import type { Pump } from '../../native/output-requests.ts';
import { type IoRequest, writableOf } from './io.ts';

/** Descriptors that are read and written here. */
interface OurEnds {
  readonly stdin: number | undefined;
  readonly stdout: number;
  readonly stderr?: number;
}

export abstract class PumpedIo {
  readonly ready = Promise.resolve();
  readonly finished: Promise<void>;
  ended = false;
  protected readonly pump: Pump;
  #stdin: Writable | undefined;
  #childEndsOpen = true;

  constructor({ native, sinks, onLogLost }: IoRequest, { stdin, ...outputs }: OurEnds) {
    if (stdin !== undefined) this.#stdin = writableOf(stdin);
    this.pump = native.pump({ ...outputs, sinks, ...(onLogLost === undefined ? {} : { onLogLost }) });
    this.finished = this.pump.finished.then(() => {
      this.ended = true;
    });
  }

  get stdin(): Writable | undefined {
    return this.#stdin;
  }

  park(): Promise<boolean> {
    return this.pump.park();
  }

  resume(): void {
    this.pump.resume();
  }

  born(): void {
    if (!this.#childEndsOpen) return;
    this.#childEndsOpen = false;
    this.closeChildEnds();
  }

  abandon(): void {
    this.born();
    this.exited();
  }

  exited(): void {
    this.#stdin?.destroy();
    this.#stdin = undefined;
  }

  stop(): void {
    this.pump.stop();
  }

  drain(): Promise<void> {
    if (!this.ended) this.pump.drain();
    return this.finished;
  }

  /** The daemon's copies of what the process is given: with them open the pump would never see the end. */
  protected abstract closeChildEnds(): void;
}
