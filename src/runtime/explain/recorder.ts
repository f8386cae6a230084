// Follows one start and tells it as events, the wire's own (types/explain.ts). It is made for a start that is to be explained and
// forgotten with it; what the events are for is the listener's matter.
import { describeOp } from '../../native/describe.ts';
import { errnoName, errnoText } from '../../native/errno.ts';
import { namespaceFlags } from '../../native/flag-names.ts';
import type { OpTrace } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { systemCall } from '../../native/system-call.ts';
import { sourceOf } from '../../native/system-call-files.ts';
import type { ExplainEvent, ExplainRequest, Fact, OperationText } from '../../types/explain.ts';
import type { SpawnedPlan, StartWatch, Step } from '../narration.ts';
import type { Effects } from '../runtime.ts';
import { phasesOf } from './phases.ts';
import type { RelayedLine } from './relay.ts';
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
  /** As StartWatch has it. */
  openPace(): number | undefined;
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
  #plan: readonly Op[] = [];
  #texts: readonly OperationText[] = [];
  #pid = 0;
  /** The process that is there waits before each operation. */
  #isPaced = false;
  /** When the last operation of the plan ended. */
  #reached = 0;
  /** How many of the plan's operations were told. */
  #told = 0;
  #veths: string[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** When the request came, by its clock. */
  get begin(): number {
    return this.#options.begin;
  }

  /** Of the plan that was told last. */
  get texts(): readonly OperationText[] {
    return this.#texts;
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

  /** `began`: when it was entered, by the clock, if not now. */
  enter(
    { name: step, file, function: name, text }: Step,
    began: number = this.#options.now(),
  ): (outcome?: { readonly failed: true }) => void {
    const span = ++this.#lastSpan;
    const parent = this.#open.at(-1);
    const begin = this.#at(began);
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

  openPace(): number | undefined {
    const pace = this.#options.stepper?.openPace();
    this.#isPaced = pace !== undefined;
    return pace;
  }

  spawned({ pid, cloneFlags, intoCgroup, plan }: SpawnedPlan): void {
    this.#beginPlan(pid, textsOf(plan));
    this.#plan = plan;
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
    const at = this.#isPaced ? this.#now() - micros : this.#reached;
    this.#reached = at + micros;
    this.#told = index + 1;
    const result = resultText(errno);
    const count = this.#texts.length;
    this.#emit({ type: 'operation', at: tenth(at), ...text, by: 'helper', count, errno, result, micros });
    // What fails and is not optional was the plan's last.
    if (errno === 0 || this.#plan[index]?.optional === true) this.#pauseBefore(index + 1);
  }

  executed(): void {
    const at = tenth(this.#reached);
    const count = this.#texts.length;
    // What a process did that nobody timed, since it was told to go on by somebody else.
    for (const text of this.#texts.slice(this.#told)) {
      const result = text.index + 1 < count ? '0' : 'does not return';
      this.#emit({ type: 'operation', at, ...text, by: 'helper', count, errno: 0, result, micros: null });
    }
    this.#told = count;
  }

  relay(lines: readonly RelayedLine[]): void {
    const spans = new Map<number, number>();
    const around = this.#open.at(-1);
    const spanOf = (theirs: number | undefined): number | undefined =>
      theirs === undefined ? around : spans.get(theirs);
    for (const line of lines) {
      if (line.type === 'plan') {
        this.#texts = line.texts;
        continue;
      }
      if (line.type === 'fact' && line.topic === 'process') this.#beginPlan(line.data.pid, this.#texts);
      if (line.type === 'operation' && line.by === 'helper') this.#told = line.index + 1;
      if (line.type === 'enter') spans.set(line.span, ++this.#lastSpan);
      const span = 'span' in line ? spanOf(line.span) : undefined;
      const parent = line.type === 'enter' ? spanOf(line.parent) : undefined;
      this.#emit({
        ...line,
        ...(span === undefined ? {} : { span }),
        ...(parent === undefined ? {} : { parent }),
      });
      this.#reached = line.at;
    }
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

  #beginPlan(pid: number, texts: readonly OperationText[]): void {
    this.#pid = pid;
    this.#texts = texts;
    this.#told = 0;
  }

  #pauseBefore(index: number): void {
    const next = this.#texts[index];
    const limit = this.#options.stepper?.reached(index);
    if (next === undefined || limit === undefined) return;
    this.#emit({ type: 'pause', at: this.#now(), pid: this.#pid, next, count: this.#texts.length, limit });
  }

  #now(): number {
    return this.#at(this.#options.now());
  }

  #at(time: number): number {
    return tenth((time - this.#options.begin) * 1000);
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
