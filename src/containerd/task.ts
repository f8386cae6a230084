// A task: one container with its shim. The shim does what takes a parent; what runs the runtime is asked of it, in the runtime's own
// words. A shim that dies takes its container with it: nobody else would know how that ended. The verbs are in task/, a file each.
import { INIT, type StreamPaths, type TaskEvent, type TaskInfo } from '../types/containerd.ts';
import { messageOf } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import type { ShimConnection, ShimNews } from './shim.ts';
import { createTask } from './task/create.ts';
import { deleteTask } from './task/delete.ts';
import { type ExecTaskRequest, execInTask } from './task/exec.ts';
import { killTask } from './task/kill.ts';
import type { TaskParts } from './task/parts.ts';
import { pauseTask } from './task/pause.ts';
import { recoverTask } from './task/recover.ts';
import { resumeTask } from './task/resume.ts';
import { TaskRuntime } from './task/runtime.ts';
import { startTask } from './task/start.ts';
import { TaskState } from './task/state.ts';
import { updateTask } from './task/update.ts';

export interface TaskOptions {
  readonly id: string;
  readonly directory: string;
  readonly emit: (event: TaskEvent) => void;
  /** The runtime without a shim, for what one has left. */
  readonly runDirectly: (words: readonly string[], directory: string) => Promise<void>;
  readonly log: Logger;
}

export class Task {
  readonly id: string;
  readonly #options: TaskOptions;
  readonly #state: TaskState;
  readonly #runtime: TaskRuntime;
  readonly #parts: TaskParts;
  #shimPid = 0;
  /** The shim was told to end. */
  #over = false;
  #lost: Promise<void> | undefined;

  constructor(options: TaskOptions) {
    const { id, directory, emit } = options;
    this.id = id;
    this.#options = options;
    this.#state = new TaskState(id, emit);
    this.#runtime = new TaskRuntime(id, directory);
    this.#parts = { state: this.#state, runtime: this.#runtime };
  }

  /** For the connection to its shim. */
  get news(): ShimNews {
    return {
      onExit: (process) => this.#state.ended(process),
      onGone: () => {
        this.#runtime.shim = undefined;
        if (!this.#over) this.#lost ??= this.#shimLost();
      },
    };
  }

  get info(): TaskInfo {
    return this.#state.info(this.#runtime.shim === undefined ? 0 : this.#shimPid);
  }

  /** Throws what the runtime said; then there is no container, and no shim. */
  async create(shim: ShimConnection, shimPid: number, streams: StreamPaths): Promise<number> {
    this.#hold(shim, shimPid);
    try {
      return await createTask(this.#parts, streams);
    } catch (error) {
      await this.#endShim();
      throw error;
    }
  }

  async recover(
    shim: ShimConnection,
    { shimPid, exitedAt }: { readonly shimPid: number; readonly exitedAt: number | undefined },
  ): Promise<void> {
    this.#hold(shim, shimPid);
    await recoverTask(this.#parts, exitedAt);
  }

  start(): Promise<void> {
    return startTask(this.#parts);
  }

  exec(request: ExecTaskRequest): Promise<number> {
    return execInTask(this.#parts, request);
  }

  kill(process: string, signal: number): Promise<void> {
    return killTask(this.#parts, process, signal);
  }

  pause(): Promise<void> {
    return pauseTask(this.#parts);
  }

  resume(): Promise<void> {
    return resumeTask(this.#parts);
  }

  update(resources: object): Promise<void> {
    return updateTask(this.#parts, resources);
  }

  async resize(process: string, rows: number, columns: number): Promise<void> {
    await this.#runtime.requireShim().command('resize', process, String(rows), String(columns));
  }

  async closeStdin(process: string): Promise<void> {
    await this.#runtime.requireShim().command('close', process);
  }

  async drain(process: string): Promise<void> {
    await this.#runtime.requireShim().command('drain', process);
  }

  /** An exec that has ended. */
  async forget(process: string): Promise<void> {
    await this.#runtime.requireShim().command('forget', process);
    this.#state.forget(process);
  }

  /** Whatever it is doing: its processes are killed, the runtime forgets it, the shim ends. */
  async delete(): Promise<void> {
    if (this.#runtime.shim === undefined) await this.#lost;
    else {
      await deleteTask(this.#parts);
      await this.#endShim();
    }
    this.#state.emit('delete', INIT);
  }

  #hold(shim: ShimConnection, pid: number): void {
    this.#runtime.shim = shim;
    this.#shimPid = pid;
  }

  async #endShim(): Promise<void> {
    this.#over = true;
    const { shim } = this.#runtime;
    if (shim === undefined) return;
    try {
      await shim.command('quit');
    } catch (error) {
      this.#options.log.warn('a shim was gone before it was told to end', { task: this.id, error: messageOf(error) });
    }
    shim.close();
  }

  /** Its container runs on without a parent: it is killed, and counts as such. */
  async #shimLost(): Promise<void> {
    const { log, runDirectly, directory } = this.#options;
    log.warn('the shim of a container is gone: the container is ended', { task: this.id, shim: this.#shimPid });
    try {
      await runDirectly(['delete', '--force', this.id], directory);
    } catch (error) {
      log.error('what a shim has left could not be ended', { task: this.id, error: messageOf(error) });
    }
    this.#state.lost();
  }
}
