// What the verbs of a task work on.
import type { TaskRuntime } from './runtime.ts';
import type { TaskState } from './state.ts';

export interface TaskParts {
  readonly state: TaskState;
  readonly runtime: TaskRuntime;
}
