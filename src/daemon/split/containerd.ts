// The daemon's connection to containerd, made again whenever it breaks: calls wait for it, and who keeps processes in mind is told
// what became of them meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainerdConnection } from '../../containerd/client.ts';
import type { Method, Methods, TaskEvent, TaskInfo } from '../../types/containerd.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';

export interface ContainerdListener {
  onEvent(event: TaskEvent): void;
  /** It is back, with these tasks. */
  onReturn(tasks: readonly TaskInfo[]): void;
}

/** Milliseconds between two attempts, and for all of them: on a slow machine where many start, it takes long to begin. */
const RETRY = 10;
const PATIENCE = 60_000;

/** What may be asked twice. */
const REPEATABLE: ReadonlySet<Method> = new Set([
  'version',
  'tasks.list',
  'tasks.kill',
  'tasks.pause',
  'tasks.resume',
  'tasks.update',
  'tasks.resize',
  'tasks.closeStdin',
  'tasks.drain',
  'tasks.delete',
]);

export class Containerd {
  readonly #path: string;
  readonly #log: Logger;
  readonly #listeners = new Set<ContainerdListener>();
  #connection: Promise<ContainerdConnection>;
  #closed = false;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#connection = this.#connect();
    this.#connection.catch(() => undefined);
  }

  listen(listener: ContainerdListener): void {
    this.#listeners.add(listener);
  }

  async call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    const connection = this.#connection;
    try {
      return await (await connection).call(method, params);
    } catch (error) {
      const isGone = error instanceof TskerError && error.code === 'unavailable';
      if (!isGone || this.#closed || !REPEATABLE.has(method) || connection === this.#connection) throw error;
      return (await this.#connection).call(method, params);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  async #connect(): Promise<ContainerdConnection> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      try {
        const connection = await ContainerdConnection.open(this.#path, {
          onEvent: (event) => this.#listeners.forEach((one) => void one.onEvent(event)),
          onClose: () => this.#broken(),
        });
        await connection.call('events.subscribe', {});
        return connection;
      } catch (error) {
        if (this.#closed || performance.now() > deadline) throw error;
      }
      await sleep(RETRY);
    }
  }

  #broken(): void {
    if (this.#closed) return;
    this.#connection = this.#connect();
    this.#connection
      .then((connection) => connection.call('tasks.list', {}))
      .then((tasks) => this.#listeners.forEach((one) => void one.onReturn(tasks)))
      .catch((error: unknown) => this.#log.error('containerd does not come back', { error: messageOf(error) }));
  }
}
