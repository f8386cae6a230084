// The socket: a line a request, a line an answer (types/containerd.ts), several at once. It checks what comes in, and calls Tasks.
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type {
  Method,
  Methods,
  StreamPaths,
  TaskEvent,
  WireFailure,
  WireMessage,
  WireRequest,
} from '../types/containerd.ts';
import { INIT } from '../types/containerd.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { readLines } from '../util/lines.ts';
import type { Tasks } from './tasks.ts';

type Handlers = {
  readonly [M in Exclude<Method, 'events.subscribe'>]: (parameters: Parameters) => Promise<Methods[M]['result']>;
};

export interface ServerOptions {
  readonly path: string;
  readonly tasks: Tasks;
  readonly about: Methods['version']['result'];
}

export class ContainerdServer {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #subscribers = new Set<Socket>();
  readonly #handlers: Handlers;

  constructor({ tasks, about }: ServerOptions) {
    this.#handlers = handlersOf(tasks, about);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Resolves when others can connect: they are root. */
  async listen(path: string): Promise<void> {
    rmSync(path, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    const mask = process.umask(0o177);
    try {
      this.#server.listen(path, resolve);
    } finally {
      process.umask(mask);
    }
    await promise;
    chmodSync(path, 0o600);
  }

  publish(event: TaskEvent): void {
    for (const socket of this.#subscribers) send(socket, { event });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    readLines(socket, (line) => void this.#answer(socket, line));
    socket.on('close', () => {
      this.#connections.delete(socket);
      this.#subscribers.delete(socket);
    });
  }

  async #answer(socket: Socket, line: string): Promise<void> {
    let id = 0;
    try {
      const request = parseRequest(line);
      id = request.id;
      if (request.method === 'events.subscribe') this.#subscribers.add(socket);
      send(socket, { id, result: await this.#perform(request) });
    } catch (error) {
      send(socket, { id, error: failureOf(error) });
    }
  }

  async #perform({ method, params }: WireRequest): Promise<unknown> {
    if (method === 'events.subscribe') return {};
    if (!Object.hasOwn(this.#handlers, method)) throw new TskerError('invalid', `no method ${method}`);
    return this.#handlers[method as keyof Handlers](new Parameters(params ?? {}));
  }
}

function handlersOf(tasks: Tasks, about: Methods['version']['result']): Handlers {
  const task = (parameters: Parameters) => tasks.get(parameters.name('id'));
  const done = async (work: Promise<void>): Promise<Record<string, never>> => {
    await work;
    return {};
  };
  return {
    version: async () => about,
    'tasks.list': async () => tasks.list(),
    'tasks.create': (given) => tasks.create(given.name('id'), given.streams()),
    'tasks.start': (given) => done(task(given).start()),
    'tasks.exec': async (given) => ({
      pid: await task(given).exec({ process: given.process(), spec: given.object('spec'), streams: given.streams() }),
    }),
    'tasks.kill': (given) => done(task(given).kill(given.process(), given.number('signal'))),
    'tasks.pause': (given) => done(task(given).pause()),
    'tasks.resume': (given) => done(task(given).resume()),
    'tasks.update': (given) => done(task(given).update(given.object('resources'))),
    'tasks.resize': (given) => done(task(given).resize(given.process(), given.number('rows'), given.number('columns'))),
    'tasks.closeStdin': (given) => done(task(given).closeStdin(given.process())),
    'tasks.drain': (given) => done(task(given).drain(given.process())),
    'tasks.delete': (given) => {
      const process = given.process();
      return done(process === INIT ? tasks.delete(given.name('id')) : task(given).forget(process));
    },
  };
}

/** The parameters of a request, checked as they are asked for. */
class Parameters {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** One that is a name of a directory as well. */
  name(key: string): string {
    const value = this.#values[key];
    if (typeof value === 'string' && /^[a-zA-Z0-9][\w-]{0,127}$/.test(value)) return value;
    throw bad(key);
  }

  process(): string {
    const value = this.#values['process'];
    if (typeof value === 'string' && /^[a-z0-9]{1,64}$/.test(value)) return value;
    throw bad('process');
  }

  number(key: string): number {
    const value = this.#values[key];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff) return value;
    throw bad(key);
  }

  object(key: string): object {
    const value = this.#values[key];
    if (typeof value === 'object' && value !== null) return value;
    throw bad(key);
  }

  streams(): StreamPaths {
    const { terminal } = this.#values;
    if (typeof terminal !== 'boolean') throw bad('terminal');
    return { terminal, stdin: this.#path('stdin'), stdout: this.#path('stdout'), stderr: this.#path('stderr') };
  }

  #path(key: string): string {
    const value = this.#values[key];
    if (typeof value === 'string' && /^[^\s\0]{1,1024}$/.test(value)) return value;
    throw bad(key);
  }
}

function bad(key: string): TskerError {
  return new TskerError('invalid', `bad parameter ${key}`);
}

function parseRequest(line: string): WireRequest {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new TskerError('invalid', 'a request is an object');
  const { id, method, params } = value as Partial<Record<string, unknown>>;
  if (typeof id !== 'number' || typeof method !== 'string')
    throw new TskerError('invalid', 'a request has id and method');
  if (params !== undefined && (typeof params !== 'object' || params === null)) throw bad('params');
  return { id, method, params: (params ?? {}) as Readonly<Record<string, unknown>> };
}

function failureOf(error: unknown): WireFailure {
  if (error instanceof SyntaxError) return { code: 'invalid', message: error.message };
  const codes = ['invalid', 'not_found', 'conflict'] as const;
  const code = error instanceof TskerError ? codes.find((one) => one === error.code) : undefined;
  return { code: code ?? 'internal', message: messageOf(error) };
}

function send(socket: Socket, message: WireMessage): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}
