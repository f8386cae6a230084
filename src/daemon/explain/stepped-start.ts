// A start that waits before each operation of its plan: the daemon's end of the pipe that the process reads a byte from
// (runtime/inprocess/pace.ts), and where the plan stands. When it is given up the pipe is closed, and the half-built process ends
// by itself, as it does when the daemon dies.
import { writeSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import type { OperationText, StepAction } from '../../types/explain.ts';
import { TskerError } from '../../util/errors.ts';
import type { Stepper } from './recorder.ts';

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
  readonly pace: number;
  readonly #options: SteppedStartOptions;
  readonly #write: number;
  #timer: NodeJS.Timeout | undefined;
  #pid = 0;
  #plan: readonly OperationText[] = [];
  #next: number | undefined;
  #state: 'stepping' | 'running' | 'given-up' | 'closed' = 'stepping';
  #reason: string | undefined;

  constructor(options: SteppedStartOptions) {
    this.#options = options;
    const { read, write } = options.native.pipe();
    this.pace = read;
    this.#write = write;
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

  spawned(pid: number, plan: readonly OperationText[]): void {
    this.#pid = pid;
    this.#plan = plan;
  }

  reached(next: number): number | undefined {
    if (this.#state !== 'stepping' || next >= this.#plan.length) return undefined;
    this.#next = next;
    const { limit } = this.#options;
    this.#timer = setTimeout(() => this.giveUp(`nobody went on for ${limit} seconds`), limit * 1000);
    return limit;
  }

  /** Throws conflict when it does not wait. */
  act(action: StepAction): void {
    const { standing } = this;
    if (standing === undefined) throw new TskerError('conflict', 'the start does not wait for a step');
    if (action === 'abort') {
      this.giveUp('it was aborted');
      return;
    }
    this.#goOn(action === 'next' ? 1 : standing.plan.length - standing.next);
    if (action === 'continue') this.#state = 'running';
  }

  /** The process, or the one that is about to come, ends at its next wait. */
  giveUp(reason: string): void {
    if (this.#state !== 'stepping') return;
    this.#reason = reason;
    this.#forgetWait();
    this.#state = 'given-up';
    this.#options.native.close(this.#write);
  }

  [Symbol.dispose](): void {
    this.#forgetWait();
    if (this.#state !== 'given-up' && this.#state !== 'closed') this.#options.native.close(this.#write);
    if (this.#state !== 'closed') this.#options.native.close(this.pace);
    this.#state = 'closed';
  }

  /** A byte an operation; a pipe holds more than any plan has. */
  #goOn(operations: number): void {
    this.#forgetWait();
    writeSync(this.#write, Buffer.alloc(operations));
  }

  #forgetWait(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
  }
}
