// A `create` or an `exec` that the engine wants explained: the runtime's own recorder, whose account lies in a file when the command ends.
// What is created is held before its program, so its last operations are told by whoever starts it. Not loaded unless asked for.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpTrace } from '../native/native.ts';
import { Recorder } from '../runtime/explain/recorder.ts';
import { monotonicOffset, type RelayedLine, writeRelayed } from '../runtime/explain/relay.ts';
import type { SpawnedPlan, StartWatch, Step } from '../runtime/narration.ts';
import type { ExplainEvent } from '../types/explain.ts';

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
  exec: {
    name: 'runc-exec',
    file: 'src/runc/exec.ts',
    function: 'execute',
    text: "the container's state is read, and another process joins it",
  },
} satisfies Readonly<Record<string, Step>>;

/** What this command is among the processes of the engine. */
const HOPS = {
  create: {
    program: 'tsker runc create',
    text: 'sets the container up and ends; the process waits for runc start',
  },
  exec: {
    program: 'tsker runc exec',
    text: 'has a process join the container, and ends',
  },
};

/** Milliseconds for the traces of a plan that is done, which come through another thread. */
const PATIENCE = 250;

export interface Asked {
  readonly verb: 'create' | 'exec';
  /** Where the account is to lie. */
  readonly file: string;
  /** As the engine has said it. */
  readonly begin: unknown;
}

/** Acts and leaves the account, also when that fails. */
export async function explainVerb<T>({ verb, file, begin }: Asked, act: (watch: StartWatch) => Promise<T>): Promise<T> {
  const told: ExplainEvent[] = [];
  const origin = monotonicOffset();
  const now = (): number => origin + performance.now();
  const recorder = new HeldRecorder({ tell: (event) => told.push(event), now, begin: Number(begin) });
  recorder.enter(RUNC_STEPS.load, origin)();
  recorder.tell({ topic: 'hop', data: { ...HOPS[verb], pid: process.pid } });
  const leave = recorder.enter(RUNC_STEPS[verb]);
  try {
    const done = await act(recorder);
    await Promise.race([recorder.held, sleep(PATIENCE, undefined, { ref: false })]);
    leave();
    return done;
  } catch (error) {
    leave({ failed: true });
    throw error;
  } finally {
    writeRelayed(file, [{ type: 'plan', texts: recorder.texts }, ...told.filter(isRelayed)]);
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
