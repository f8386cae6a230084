// A start that waits before each operation of its plan: the daemon's end of the pipe that the process reads a byte from
// (runtime/inprocess/pace.ts), and where the plan stands. Each process has a pipe of its own, for a start may begin anew, and what one
// has not read is not for the next. When the start is given up the pipe is closed, and the half-built process ends by itself, as it does
// when the daemon dies. Once told to run on it waits for nobody: no client is needed any more, nor missed.
import { writeSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import type { Stepper } from '../../runtime/explain/recorder.ts';
import type { OperationText, StepAction } from '../../types/explain.ts';
import { TskerError } from '../../util/errors.ts';

export interface SteppedStartOptions {
  readonly native: Pick<Native, 'pipe' | 'close'>;
  /** Seconds that it may wait before one operation. */
  readonly limit: number;
}

/** Where a plan stands. */
export interface Standing {
  readonly pid: number;
  readonly plan: readonly OperationText[];
  /** Of the operation that comes next. */
  readonly next: number;
}

export class SteppedStart implements Stepper, Disposable {
  readonly #options: SteppedStartOptions;
  /** Of the process that is there, or about to come. */
  #read: number | undefined;
  #write: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pid = 0;
  #plan: readonly OperationText[] = [];
  #next: number | undefined;
  #state: 'stepping' | 'running' | 'given-up' = 'stepping';
  #reason: string | undefined;

  constructor(options: SteppedStartOptions) {
    this.#options = options;
  }

  /** Why it was given up; undefined: it was not. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Undefined before there is a process, and when it does not wait. */
  get standing(): Standing | undefined {
    if (this.#next === undefined || this.#state !== 'stepping') return undefined;
    return { pid: this.#pid, plan: this.#plan, next: this.#next };
  }

  /** Throws cancelled when it was given up. */
  openPace(): number | undefined {
    this.#forgetWait();
    this.#closePipe();
    if (this.#state === 'given-up') throw new TskerError('cancelled', `the start was given up: ${this.#reason}`);
    if (this.#state === 'running') return undefined;
    const { read, write } = this.#options.native.pipe();
    this.#read = read;
    this.#write = write;
    return read;
  }

  spawned(pid: number, plan: readonly OperationText[]): void {
    this.#pid = pid;
    this.#plan = plan;
  }

  reached(next: number): number | undefined {
    if (this.#state !== 'stepping' || next >= this.#plan.length) return undefined;
    this.#forgetWait();
    this.#next = next;
    const { limit } = this.#options;
    this.#timer = setTimeout(() => this.giveUp(`nobody went on for ${limit} seconds`), limit * 1000);
    return limit;
  }

  /** Throws conflict when it does not wait. */
  act(action: StepAction): void {
    if (this.standing === undefined) throw new TskerError('conflict', 'the start does not wait for a step');
    if (action === 'abort') this.giveUp('it was aborted');
    else if (action === 'next') this.#feed(1);
    else this.#runOn();
  }

  /** The process ends at its next wait, one that is about to come is not made. Too late once it was told to run on. */
  giveUp(reason: string): void {
    if (this.#state !== 'stepping') return;
    this.#reason = reason;
    this.#state = 'given-up';
    this.#forgetWait();
    this.#closeWrite();
  }

  [Symbol.dispose](): void {
    this.#forgetWait();
    this.#closePipe();
  }

  /** Never less than is left to do; and what were missing all the same would be an end, which fails the start, and no wait for ever. */
  #runOn(): void {
    this.#feed(this.#plan.length);
    this.#state = 'running';
    this.#closeWrite();
  }

  /** A byte an operation; a pipe holds more than any plan has. Our own read end keeps a process that has died from failing it. */
  #feed(operations: number): void {
    this.#forgetWait();
    if (this.#write !== undefined) writeSync(this.#write, Buffer.alloc(operations));
  }

  #closePipe(): void {
    this.#closeWrite();
    if (this.#read !== undefined) this.#options.native.close(this.#read);
    this.#read = undefined;
  }

  #closeWrite(): void {
    if (this.#write !== undefined) this.#options.native.close(this.#write);
    this.#write = undefined;
  }

  #forgetWait(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
  }
}
