// How a start is followed from outside: the runtime's steps with their places in the source tree, and the interface of whoever
// listens (the daemon's recorder). It records nothing; without a listener a step costs one comparison.
import type { OpTrace } from '../native/native.ts';
import type { Op } from '../native/ops.ts';
import type { Fact } from '../types/explain.ts';
import type { RelayedLine } from './explain/relay.ts';

/** A place where a start passes. A unit test looks every one up in the tree, so that none goes stale. */
export interface Step {
  /** Stable, unique. */
  readonly name: string;
  /** From the root of the source tree. */
  readonly file: string;
  /** Of that file, which does what `text` says. */
  readonly function: string;
  readonly text: string;
}

export interface Narrator {
  /** The function returned leaves the step. */
  enter(step: Step): (outcome?: { readonly failed: true }) => void;
  tell(fact: Fact): void;
}

export interface SpawnedPlan {
  readonly pid: number;
  /** CLONE_NEW* of the clone. */
  readonly cloneFlags: number;
  readonly intoCgroup: boolean;
  readonly plan: readonly Op[];
}

/** Follows one start of a container, or of another process in one. */
export interface StartWatch extends Narrator {
  /** What a worker of the daemon has carried out on the host for it. */
  carriedOut(plan: readonly Op[]): void;
  /** The process is there and its plan is under way. */
  spawned(spawned: SpawnedPlan): void;
  /** An operation of that plan has ended; `index` counts as in the plan that was told. */
  traced(trace: OpTrace): void;
  /** The program runs: what was not told of its plan is done as well. */
  executed(): void;
  /** When it began: performance.now(). */
  readonly begin: number;
  /** What another process has told of its part, which belongs to the step that is under way. */
  relay(lines: readonly RelayedLine[]): void;
  /**
   * Called for each process that is about to be made. The read end of a pipe, which stays the watch's: the process takes a byte from it
   * before each operation, and gives up when it ends. Undefined: it runs freely. Throws when there is to be no process.
   */
  openPace(): number | undefined;
}

export const RUNTIME_STEPS = {
  runtime: {
    name: 'runtime',
    file: 'src/runtime/inprocess/start.ts',
    function: 'startContainer',
    text: 'the runtime gets an OCI spec and a root file system; the cgroups are written down',
  },
  cgroups: {
    name: 'cgroups',
    file: 'src/runtime/cgroup/create.ts',
    function: 'cgroupOps',
    text: 'limits become directories and files of cgroups',
  },
  hostPlan: {
    name: 'host-plan',
    file: 'src/native/jobs.ts',
    function: 'runPlan',
    text: 'a worker thread makes what must be there before the process',
  },
  compile: {
    name: 'compile',
    file: 'src/runtime/plan/start.ts',
    function: 'compileStart',
    text: 'the spec is compiled into a launch plan, a list of operations',
  },
  spawn: {
    name: 'spawn',
    file: 'src/native/spawn.ts',
    function: 'spawn',
    text: 'clone3, and execveat of tsker-init from a sealed memfd',
  },
  helper: {
    name: 'helper',
    file: 'native/init/main.c',
    function: 'run_plan',
    text: 'tsker-init executes the plan in the new process',
  },
  letIn: {
    name: 'let-in',
    file: 'src/runtime/inprocess/start.ts',
    function: 'letIn',
    text: 'a user namespace: the daemon writes its maps and lets the process in',
  },
  exec: {
    name: 'exec-runtime',
    file: 'src/runtime/inprocess/exec.ts',
    function: 'execInContainer',
    text: "the runtime gets a process; cgroup and namespaces are those of the container's first one",
  },
  compileExec: {
    name: 'compile-exec',
    file: 'src/runtime/plan/exec.ts',
    function: 'compileExec',
    text: 'the process is compiled into a launch plan, a list of operations',
  },
} satisfies Readonly<Record<string, Step>>;

/** Does `act` as a step of whoever listens; a promise's step ends with it. */
export function during<T>(narrator: Narrator | undefined, step: Step, act: () => T): T {
  if (narrator === undefined) return act();
  const leave = narrator.enter(step);
  const failed = (error: unknown): never => {
    leave({ failed: true });
    throw error;
  };
  let result: T;
  try {
    result = act();
  } catch (error) {
    return failed(error);
  }
  if (!(result instanceof Promise)) {
    leave();
    return result;
  }
  return result.then((value: unknown) => {
    leave();
    return value;
  }, failed) as T;
}
