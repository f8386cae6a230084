// Follows one start and tells it as events, the wire's own (types/explain.ts). It is made for a start that is to be explained and
// forgotten with it; what the events are for is the listener's matter.
import { describeOp } from '../../native/describe.ts';
import { errnoName, errnoText } from '../../native/errno.ts';
import { namespaceFlags } from '../../native/flag-names.ts';
import type { OpTrace } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { systemCall } from '../../native/system-call.ts';
import { sourceOf } from '../../native/system-call-files.ts';
import type { SpawnedPlan, StartWatch, Step } from '../../runtime/narration.ts';
import type { Effects } from '../../runtime/runtime.ts';
import type { ExplainEvent, ExplainRequest, Fact, OperationText } from '../../types/explain.ts';
import { phasesOf } from './phases.ts';
import { summarize, tenth } from './summary.ts';

export interface RecorderOptions {
  readonly tell: (event: ExplainEvent) => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** When the request came, by that clock. */
  readonly begin: number;
  readonly stepper?: Stepper;
}

/** Who paces the plan, when it is to wait before each operation. */
export interface Stepper {
  /** The end of the pipe that the process reads. */
  readonly pace: number;
  spawned(pid: number, plan: readonly OperationText[]): void;
  /** Before which operation it waits now; undefined: it goes on by itself. Answers the seconds it may. */
  reached(next: number): number | undefined;
}

export class Recorder implements StartWatch {
  readonly #options: RecorderOptions;
  readonly #events: ExplainEvent[] = [];
  /** Spans that are open, the innermost last. */
  readonly #open: number[] = [];
  #lastSpan = 0;
  #texts: readonly OperationText[] = [];
  #pid = 0;
  /** When the last operation of the plan ended. */
  #reached = 0;
  #veths: string[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get pace(): number | undefined {
    return this.#options.stepper?.pace;
  }

  /** Something was told besides the request. */
  get begun(): boolean {
    return this.#events.length > 1;
  }

  /** Of the process whose plan was told; undefined: none was. */
  get pid(): number | undefined {
    return this.#pid === 0 ? undefined : this.#pid;
  }

  /** Host interfaces written down so far, in the order of the endpoints. */
  get veths(): readonly string[] {
    return this.#veths;
  }

  request(request: Omit<ExplainRequest, 'type' | 'at'>): void {
    this.#emit({ type: 'request', at: 0, ...request });
  }

  enter({ name: step, file, function: name, text }: Step): (outcome?: { readonly failed: true }) => void {
    const span = ++this.#lastSpan;
    const parent = this.#open.at(-1);
    const begin = this.#now();
    const inside = parent === undefined ? {} : { parent };
    this.#emit({ type: 'enter', at: begin, span, ...inside, step, file, function: name, text });
    this.#open.push(span);
    return (outcome) => {
      this.#open.splice(this.#open.indexOf(span), 1);
      const at = this.#now();
      this.#emit({ type: 'leave', at, span, micros: tenth(at - begin), ...(outcome ?? {}) });
    };
  }

  tell(fact: Fact): void {
    const span = this.#open.at(-1);
    this.#emit({ type: 'fact', at: this.#now(), ...(span === undefined ? {} : { span }), ...fact });
  }

  /** The same effects, each told when it is written down. */
  effects(effects: Effects): Effects {
    return {
      record: (kind, subject, undo) => {
        effects.record(kind, subject, undo);
        if (kind === 'veth') this.#veths.push(subject);
        this.tell({ topic: 'ledger', data: { kind, subject, undo: undo.map(describeOp) } });
      },
    };
  }

  carriedOut(plan: readonly Op[]): void {
    const at = this.#now();
    for (const text of textsOf(plan)) {
      const outcome = { by: 'daemon', count: plan.length, errno: 0, result: '0', micros: null } as const;
      this.#emit({ type: 'operation', at, ...text, ...outcome });
    }
  }

  spawned({ pid, cloneFlags, intoCgroup, plan }: SpawnedPlan): void {
    this.#pid = pid;
    this.#texts = textsOf(plan);
    this.#reached = this.#now();
    const flags = [namespaceFlags(cloneFlags), 'CLONE_VM', 'CLONE_VFORK', 'CLONE_PIDFD'].filter((name) => name !== '0');
    const call = `clone3({flags=${[...flags, ...(intoCgroup ? ['CLONE_INTO_CGROUP'] : [])].join('|')}}) = ${pid}`;
    this.tell({ topic: 'process', data: { pid, call, operations: plan.length } });
    this.#options.stepper?.spawned(pid, this.#texts);
    this.#pauseBefore(0);
  }

  traced({ index, errno, nanoseconds }: OpTrace): void {
    const text = this.#texts[index];
    if (text === undefined) return;
    const micros = tenth(Number(nanoseconds) / 1000);
    // Traces come together when the event loop has time for them: of a plan that runs freely, each begins where the last ended.
    const at = this.pace === undefined ? this.#reached : this.#now() - micros;
    this.#reached = at + micros;
    const result = resultText(errno);
    const count = this.#texts.length;
    this.#emit({ type: 'operation', at: tenth(at), ...text, by: 'helper', count, errno, result, micros });
    if (errno === 0 || index + 1 < count) this.#pauseBefore(index + 1);
  }

  executed(): void {
    const text = this.#texts.at(-1);
    if (text === undefined) return;
    const at = tenth(this.#reached);
    const outcome = {
      by: 'helper',
      count: this.#texts.length,
      errno: 0,
      result: 'does not return',
      micros: null,
    } as const;
    this.#emit({ type: 'operation', at, ...text, ...outcome });
  }

  /** The last event. */
  done(pid: number): void {
    const at = this.#now();
    this.#emit({ type: 'done', at, pid, summary: summarize(this.#events, at) });
  }

  /** The last event. */
  failed(failure: { readonly status: number; readonly message: string; readonly hint?: string }): void {
    const at = this.#now();
    this.#emit({ type: 'failed', at, ...failure, summary: summarize(this.#events, at) });
  }

  #pauseBefore(index: number): void {
    const next = this.#texts[index];
    const limit = this.#options.stepper?.reached(index);
    if (next === undefined || limit === undefined) return;
    this.#emit({ type: 'pause', at: this.#now(), pid: this.#pid, next, count: this.#texts.length, limit });
  }

  #now(): number {
    return tenth((this.#options.now() - this.#options.begin) * 1000);
  }

  #emit(event: ExplainEvent): void {
    this.#events.push(event);
    this.#options.tell(event);
  }
}

/** A plan in words. */
export function textsOf(plan: readonly Op[]): readonly OperationText[] {
  const phases = phasesOf(plan);
  return plan.map((op, index) => {
    const { name, call } = systemCall(op);
    return { index, op: op.op, syscall: name, call, file: sourceOf(op.op), phase: phases[index] ?? 'process' };
  });
}

function resultText(errno: number): string {
  if (errno === 0) return '0';
  return `-1 ${errnoName(errno)} (${errnoText(errno) ?? 'unknown error'})`;
}
