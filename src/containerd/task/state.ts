// What is known of one task: its processes, how they ended, and whether it runs. It asks nobody, and tells what changes.
import {
  INIT,
  LOST,
  type ProcessInfo,
  type TaskEvent,
  type TaskInfo,
  type TaskStatus,
} from '../../types/containerd.ts';
import type { ShimProcess } from '../shim.ts';

interface KnownProcess {
  pid: number;
  exitCode: number | undefined;
  exitedAt: number | undefined;
}

export class TaskState {
  readonly id: string;
  readonly #emit: (event: TaskEvent) => void;
  readonly #processes = new Map<string, KnownProcess>();
  status: TaskStatus = 'created';

  constructor(id: string, emit: (event: TaskEvent) => void) {
    this.id = id;
    this.#emit = emit;
  }

  /** `shim`: its pid. */
  info(shim: number): TaskInfo {
    const processes = [...this.#processes].map(
      ([name, { pid, exitCode, exitedAt }]): ProcessInfo => ({
        ...{ name, pid },
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(exitedAt === undefined ? {} : { exitedAt }),
      }),
    );
    return { id: this.id, status: this.status, shim, processes };
  }

  /** One that is about to be made. Its end may be told before its beginning. */
  expect(name: string): void {
    this.#processes.set(name, { pid: 0, exitCode: undefined, exitedAt: undefined });
  }

  made(name: string, pid: number): void {
    const process = this.#processes.get(name);
    if (process !== undefined) process.pid = pid;
  }

  /** As a shim remembers it. */
  recall({ name, pid, status }: ShimProcess, exitedAt: number): void {
    const ended = status >= 0;
    this.#processes.set(name, {
      pid,
      exitCode: ended ? status : undefined,
      exitedAt: ended ? exitedAt : undefined,
    });
  }

  forget(name: string): void {
    this.#processes.delete(name);
  }

  hasEnded(name: string): boolean {
    return this.#processes.get(name)?.exitCode !== undefined;
  }

  ended({ name, pid, status }: ShimProcess): void {
    const process = this.#processes.get(name);
    if (process === undefined || process.exitCode !== undefined) return;
    // The news of a short one may come with the answer that it was started.
    process.pid = pid;
    process.exitCode = status;
    process.exitedAt = Date.now();
    if (name === INIT) this.status = 'stopped';
    this.emit('exit', name, status);
  }

  /** Nobody will ever know how those that still ran have ended. */
  lost(): void {
    for (const [name, { pid, exitCode }] of this.#processes) {
      if (exitCode === undefined) this.ended({ name, pid, status: LOST });
    }
  }

  emit(type: TaskEvent['type'], process: string, exitCode?: number): void {
    const pid = this.#processes.get(process)?.pid ?? 0;
    const event = { type, id: this.id, process, pid, time: Date.now() };
    this.#emit(exitCode === undefined ? event : { ...event, exitCode });
  }
}
