// A connection to containerd: requests answered by number, events as they come. Who holds it decides what its end means.
import { connect, type Socket } from 'node:net';
import type { Method, Methods, TaskEvent, WireMessage } from '../types/containerd.ts';
import { TskerError } from '../util/errors.ts';
import { readLines } from '../util/lines.ts';

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface ContainerdConnectionOptions {
  readonly onEvent?: (event: TaskEvent) => void;
  readonly onClose?: () => void;
}

export class ContainerdConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  private constructor(socket: Socket, { onEvent, onClose }: ContainerdConnectionOptions) {
    this.#socket = socket;
    let cause: unknown;
    readLines(socket, (line) => this.#handle(messageIn(line), onEvent));
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(gone(cause));
      this.#waiting.clear();
      onClose?.();
    });
  }

  /** Throws `unavailable` when nobody listens there. */
  static async open(path: string, options: ContainerdConnectionOptions = {}): Promise<ContainerdConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const socket = connect(path);
    socket.once('error', (cause) => reject(unreachable(path, cause)));
    socket.once('connect', () => resolve(socket));
    return new ContainerdConnection(await promise, options);
  }

  /** Throws what containerd answers, and `unavailable` when it has gone before it did. */
  async call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    if (this.#socket.destroyed) throw gone();
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#socket.write(`${JSON.stringify({ id, method, params })}\n`);
    return (await promise) as Methods[M]['result'];
  }

  close(): void {
    this.#socket.destroy();
  }

  #handle(message: WireMessage, onEvent: ContainerdConnectionOptions['onEvent']): void {
    if ('event' in message) {
      onEvent?.(message.event);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(new TskerError(message.error.code, message.error.message));
    else waiting?.resolve(message.result);
  }
}

function unreachable(path: string, cause: Error): TskerError {
  const hint = '`tsker daemon --arch split` starts one, below its --exec-root';
  return new TskerError('unavailable', `no containerd at ${path}`, { hint, cause });
}

/** Throws `invalid`. */
function messageIn(line: string): WireMessage {
  try {
    return JSON.parse(line) as WireMessage;
  } catch (cause) {
    throw new TskerError('invalid', 'what listens there is no containerd of tsker', { cause });
  }
}

function gone(cause?: unknown): TskerError {
  return cause instanceof TskerError ? cause : new TskerError('unavailable', 'containerd is gone', { cause });
}
