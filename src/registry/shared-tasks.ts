// One piece of work for everybody who asks for it at the same time: it starts with the first client, its messages go to
// all of them, and it is cancelled when the last one leaves. What the work is it does not know.
import { throwIfAborted } from './retry.ts';

export interface TaskContext<Message> {
  readonly emit: (message: Message) => void;
  /** Aborted when the last client has left. */
  readonly signal: AbortSignal;
}

export interface TaskClient<Message> {
  readonly emit: (message: Message) => void;
  readonly signal: AbortSignal;
}

interface Task<Result, Message> {
  readonly clients: Set<TaskClient<Message>>;
  readonly cancel: AbortController;
  /** A client that comes later hears where the work is. */
  lastMessage: Message | undefined;
  readonly result: Promise<Result>;
}

export class SharedTasks<Result, Message> {
  readonly #tasks = new Map<string, Task<Result, Message>>();

  /** The result of the task in flight, for work that depends on it. */
  resultOf(key: string): Promise<Result> | undefined {
    return this.#tasks.get(key)?.result;
  }

  /**
   * Starts `run`, or joins the one in flight under `key`. When the client's signal is aborted it rejects: at once while
   * others still want the result, after the work has cleaned up when it was the last.
   */
  async join(
    key: string,
    client: TaskClient<Message>,
    run: (context: TaskContext<Message>) => Promise<Result>,
  ): Promise<Result> {
    throwIfAborted(client.signal);
    const task = this.#tasks.get(key) ?? this.#start(key, run);
    if (task.lastMessage !== undefined) client.emit(task.lastMessage);
    task.clients.add(client);
    const left = Promise.withResolvers<never>();
    left.promise.catch(() => undefined);
    const leave = (): void => {
      task.clients.delete(client);
      if (task.clients.size === 0) this.#abandon(key, task, client.signal.reason);
      else left.reject(client.signal.reason);
    };
    client.signal.addEventListener('abort', leave, { once: true });
    try {
      const result = await Promise.race([task.result, left.promise]);
      return result;
    } catch (error) {
      throwIfAborted(client.signal);
      throw error;
    } finally {
      client.signal.removeEventListener('abort', leave);
    }
  }

  #start(key: string, run: (context: TaskContext<Message>) => Promise<Result>): Task<Result, Message> {
    const cancel = new AbortController();
    const clients = new Set<TaskClient<Message>>();
    const { promise, resolve } = Promise.withResolvers<Result>();
    const task: Task<Result, Message> = { clients, cancel, lastMessage: undefined, result: promise };
    this.#tasks.set(key, task);
    const emit = (message: Message): void => {
      task.lastMessage = message;
      for (const client of clients) client.emit(message);
    };
    const work = run({ emit, signal: cancel.signal });
    resolve(work.finally(() => this.#forget(key, task)));
    // Clients hear of a failure by their own promise; a task may fail after the last one has left.
    promise.catch(() => undefined);
    return task;
  }

  /** Nobody wants it any more; who asks for the same from now on starts anew. */
  #abandon(key: string, task: Task<Result, Message>, reason: unknown): void {
    this.#forget(key, task);
    task.cancel.abort(reason);
  }

  #forget(key: string, task: Task<Result, Message>): void {
    if (this.#tasks.get(key) === task) this.#tasks.delete(key);
  }
}
