// A `create` that the engine wants explained: the runtime's own recorder, whose account lies in the bundle when the command ends. The
// process is held before its program, so the last operations are told by whoever starts it. Not loaded without the annotation.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpTrace } from '../native/native.ts';
import { Recorder } from '../runtime/explain/recorder.ts';
import { EXPLAIN_ANNOTATION, monotonic, type RelayedLine, writeRelayed } from '../runtime/explain/relay.ts';
import type { SpawnedPlan, Step } from '../runtime/narration.ts';
import type { ExplainEvent } from '../types/explain.ts';
import type { Bundle } from './bundle.ts';

export const RUNC_STEPS = {
  load: {
    name: 'runc-load',
    file: 'src/main.ts',
    function: 'main',
    text: 'the command line becomes a process: its program is executed and loaded',
  },
  create: {
    name: 'runc-create',
    file: 'src/runc/create.ts',
    function: 'createContainer',
    text: 'the bundle becomes a process that waits before its program',
  },
} satisfies Readonly<Record<string, Step>>;

/** Milliseconds for the traces of a plan that is done, which come through another thread. */
const PATIENCE = 250;

/** Does `create` and leaves its account in the bundle, also when it fails. */
export async function explainCreate<T>({ path, spec }: Bundle, create: (watch: Recorder) => Promise<T>): Promise<T> {
  const told: ExplainEvent[] = [];
  const begin = Number(spec.annotations?.[EXPLAIN_ANNOTATION]);
  const recorder = new HeldRecorder({ tell: (event) => told.push(event), now: () => monotonic(), begin });
  recorder.enter(RUNC_STEPS.load, monotonic(0))();
  const text = 'sets the container up and ends; the process waits for runc start';
  recorder.tell({ topic: 'hop', data: { program: 'tsker runc create', pid: process.pid, text } });
  const leave = recorder.enter(RUNC_STEPS.create);
  try {
    const created = await create(recorder);
    await Promise.race([recorder.held, sleep(PATIENCE, undefined, { ref: false })]);
    leave();
    return created;
  } catch (error) {
    leave({ failed: true });
    throw error;
  } finally {
    writeRelayed(path, [{ type: 'plan', texts: recorder.texts }, ...told.filter(isRelayed)]);
  }
}

function isRelayed(event: ExplainEvent): event is Exclude<RelayedLine, { type: 'plan' }> {
  return event.type === 'enter' || event.type === 'leave' || event.type === 'fact' || event.type === 'operation';
}

/** Knows when all has been told of a process that waits. */
class HeldRecorder extends Recorder {
  readonly #held = Promise.withResolvers<void>();
  /** The operation behind which it waits. */
  #last = Number.POSITIVE_INFINITY;

  get held(): Promise<void> {
    return this.#held.promise;
  }

  override spawned(spawned: SpawnedPlan): void {
    this.#last = spawned.plan.findLastIndex(({ op }) => op === 'TELL');
    super.spawned(spawned);
  }

  override traced(trace: OpTrace): void {
    super.traced(trace);
    if (trace.index >= this.#last) this.#held.resolve();
  }
}
