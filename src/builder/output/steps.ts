// How long the steps of a build took and what they came to: told as it happens to who asks for it, and summed up at the end.
import type { BuildStepMessage } from '../../types/build.ts';
import type { BuildOutput } from '../build.types.ts';

export interface StepRecord {
  readonly number: number;
  readonly text: string;
  readonly state: 'cached' | 'done' | 'failed';
  readonly milliseconds: number;
  readonly size: number | undefined;
}

/** Of one build. */
export class StepLog {
  readonly records: StepRecord[] = [];
  readonly total: number;

  constructor(total: number) {
    this.total = total;
  }

  /** Of one stage, whose steps begin behind `offset`. */
  clock(facts: {
    readonly output: BuildOutput;
    readonly stage: string;
    readonly offset: number;
    readonly told: boolean;
  }): StepClock {
    return new StepClock({ ...facts, log: this });
  }

  /** A line a step, slowest parts easy to see. */
  summary(): string {
    const rows = this.records.toSorted((a, b) => a.number - b.number);
    const lines = rows.map(({ number, text, state, milliseconds, size }) => {
      const time = state === 'cached' ? 'cached' : `${(milliseconds / 1000).toFixed(2)}s`;
      const bytes = size === undefined ? '-' : `${size} B`;
      return `${String(number).padStart(4)}  ${time.padStart(9)}  ${bytes.padStart(14)}  ${clip(text)}\n`;
    });
    return `Step       Time            Size  Instruction\n${lines.join('')}`;
  }
}

const WIDTH = 60;

function clip(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1)}…`;
}

interface ClockFacts {
  readonly log: StepLog;
  readonly output: BuildOutput;
  readonly stage: string;
  readonly offset: number;
  readonly told: boolean;
}

interface Current {
  readonly number: number;
  readonly text: string;
  readonly startedAt: number;
}

export class StepClock {
  readonly #facts: ClockFacts;
  #next: number;
  #current: Current | undefined;
  #outcome: { readonly state: 'cached' | 'done'; readonly reason?: string; readonly size?: number | undefined } = {
    state: 'done',
  };

  constructor(facts: ClockFacts) {
    this.#facts = facts;
    this.#next = facts.offset + 1;
  }

  /** The next step begins: `Step 3/7 : RUN make`. */
  start(text: string): void {
    const { output, log, told } = this.#facts;
    const number = this.#next;
    this.#next += 1;
    this.#current = { number, text, startedAt: performance.now() };
    this.#outcome = { state: 'done' };
    output.send({ stream: `Step ${number}/${log.total} : ${text}\n` });
    if (told) output.send({ step: { ...this.#named(this.#current), state: 'started' } });
  }

  cached(): void {
    this.#outcome = { state: 'cached' };
  }

  made(reason: string, size: number | undefined): void {
    this.#outcome = { state: 'done', reason, size };
  }

  end(): void {
    this.#end(this.#outcome.state);
  }

  failed(): void {
    if (this.#current !== undefined) this.#end('failed');
  }

  #end(state: StepRecord['state']): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const { log, output, told } = this.#facts;
    const { reason, size } = this.#outcome;
    const milliseconds = Math.round(performance.now() - current.startedAt);
    log.records.push({ number: current.number, text: current.text, state, milliseconds, size });
    if (!told) return;
    output.send({
      step: {
        ...this.#named(current),
        state,
        milliseconds,
        ...(size === undefined ? {} : { size }),
        ...(reason === undefined || reason === '' ? {} : { reason }),
      },
    });
  }

  #named({ number, text }: Current): Pick<BuildStepMessage, 'number' | 'total' | 'stage' | 'text'> {
    const { log, stage } = this.#facts;
    return { number, total: log.total, stage, text };
  }
}
