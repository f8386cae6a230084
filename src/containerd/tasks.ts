// All tasks: made, found again after a restart, listed. Each has a directory of its own below <state>/tasks, which is its bundle.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamPaths, TaskEvent, TaskInfo } from '../types/containerd.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import { ShimConnection } from './shim.ts';
import type { StartShim } from './start-shim.ts';
import { Task, type TaskOptions } from './task.ts';

export interface TasksOptions {
  readonly directory: string;
  readonly startShim: StartShim;
  readonly runDirectly: TaskOptions['runDirectly'];
  readonly emit: (event: TaskEvent) => void;
  readonly log: Logger;
}

const SHIM_PID = 'shim.pid';
const EXIT = 'exit';

export class Tasks {
  readonly #options: TasksOptions;
  readonly #tasks = new Map<string, Task>();

  constructor(options: TasksOptions) {
    this.#options = options;
  }

  list(): TaskInfo[] {
    return [...this.#tasks.values()].map(({ info }) => info);
  }

  /** Throws `not_found`. */
  get(id: string): Task {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new TskerError('not_found', `no task ${id}`);
    return task;
  }

  async create(id: string, streams: StreamPaths): Promise<{ readonly pid: number; readonly shim: number }> {
    if (this.#tasks.has(id)) throw new TskerError('conflict', `task ${id} exists`);
    const task = this.#newTask(id);
    this.#tasks.set(id, task);
    try {
      const directory = this.#directoryOf(id);
      const { socket, pid: shim } = this.#options.startShim(id, directory);
      writeFileSync(join(directory, SHIM_PID), String(shim));
      return { pid: await task.create(new ShimConnection(socket, task.news), shim, streams), shim };
    } catch (error) {
      this.#tasks.delete(id);
      throw error;
    }
  }

  async delete(id: string): Promise<void> {
    await this.get(id).delete();
    this.#tasks.delete(id);
  }

  /** Those whose shims live are ours again; what the others have left is ended, and they are none any more. */
  async recover(): Promise<void> {
    await Promise.all(readdirSync(this.#options.directory).map((id) => this.#recoverOne(id)));
  }

  async #recoverOne(id: string): Promise<void> {
    const { log, runDirectly } = this.#options;
    const directory = this.#directoryOf(id);
    const task = this.#newTask(id);
    try {
      const shim = await ShimConnection.find(directory, task.news);
      if (shim === undefined) {
        await runDirectly(['delete', '--force', id], directory);
        return;
      }
      await task.recover(shim, {
        shimPid: Number(read(directory, SHIM_PID)),
        exitedAt: exitTime(read(directory, EXIT)),
      });
      this.#tasks.set(id, task);
    } catch (error) {
      log.error('a task was not found again', { task: id, error: messageOf(error) });
    }
  }

  #newTask(id: string): Task {
    const { emit, runDirectly, log } = this.#options;
    return new Task({ id, directory: this.#directoryOf(id), emit, runDirectly, log });
  }

  #directoryOf(id: string): string {
    return join(this.#options.directory, id);
  }
}

function read(directory: string, file: string): string {
  try {
    return readFileSync(join(directory, file), 'utf8');
  } catch {
    return '';
  }
}

/** Milliseconds, of the shim's `code seconds.nanoseconds`. */
function exitTime(text: string): number | undefined {
  const seconds = / (\d+\.\d+)/.exec(text)?.[1];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}
