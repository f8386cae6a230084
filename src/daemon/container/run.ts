// One run of a container, from its start to its end: the process, its streams, and what the verbs noted on the way.
import type { RootfsMount } from '../../graphdriver/driver.ts';
import type { ContainerProcess } from '../../runtime/runtime.ts';
import type { Spec } from '../../runtime/spec.ts';
import type { ContainerLog } from '../logging/container-log.ts';
import type { Io } from './io.ts';

export interface Run {
  readonly process: ContainerProcess;
  readonly io: Io;
  readonly log: ContainerLog;
  /** What was started: execs are derived from it. */
  readonly spec: Spec;
  /** Where their users are looked up. */
  readonly rootfs: RootfsMount;
  /** Epoch nanoseconds. */
  readonly startedAt: bigint;
  /** Resolves when the end has been dealt with: state stored, effects undone, waiters told. */
  readonly ended: Promise<void>;
  /** And then when a container that was to remove itself is gone. */
  readonly over: Promise<void>;
}
