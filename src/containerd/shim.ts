// One shim as containerd speaks to it (native/shim/README.md): requests with numbers, answers, and news of ends. It decides nothing.
import { closeSync, constants, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describeErrno } from '../native/errno.ts';
import { TskerError } from '../util/errors.ts';
import { readLines } from '../util/lines.ts';

export interface ShimProcess {
  readonly name: string;
  readonly pid: number;
  /** -1: it runs. */
  readonly status: number;
}

export interface ShimNews {
  onExit(process: ShimProcess): void;
  /** The connection has ended: the shim has, too, or is about to. */
  onGone(): void;
}

interface Waiting {
  readonly resolve: (answer: string[]) => void;
  readonly reject: (error: Error) => void;
}

const SHIM_SOCKET = 'shim.sock';

export class ShimConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, Waiting>();
  #last = 0;
  #listed: ShimProcess[] = [];

  constructor(socket: Socket, news: ShimNews) {
    this.#socket = socket;
    readLines(socket, (line) => this.#handle(line, news));
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new TskerError('internal', 'the shim is gone'));
      this.#waiting.clear();
      news.onGone();
    });
  }

  /** To a shim that runs already, by its socket in the task's directory; undefined when nobody is there. */
  static async find(directory: string, news: ShimNews): Promise<ShimConnection | undefined> {
    const socket = await connectIn(directory, SHIM_SOCKET);
    return socket === undefined ? undefined : new ShimConnection(socket, news);
  }

  /** The runtime run with these words; resolves with its exit code. */
  async run(log: string, words: readonly string[]): Promise<number> {
    const [, code = ''] = await this.#ask('run', log, ...words);
    return Number(code);
  }

  /** The runtime makes a process; resolves with its pid, or with the exit code of a runtime that could not. */
  async process(words: readonly string[]): Promise<{ readonly pid: number } | { readonly code: number }> {
    const [what, value = ''] = await this.#ask('process', ...words);
    return what === 'started' ? { pid: Number(value) } : { code: Number(value) };
  }

  async command(
    verb: 'resize' | 'signal' | 'close' | 'drain' | 'forget' | 'quit',
    ...words: readonly string[]
  ): Promise<void> {
    await this.#ask(verb, ...words);
  }

  async processes(): Promise<readonly ShimProcess[]> {
    this.#listed = [];
    await this.#ask('state');
    return this.#listed;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Throws what the shim could not do. */
  async #ask(verb: string, ...words: readonly string[]): Promise<string[]> {
    const sequence = String(++this.#last);
    for (const word of words) {
      if (word === '' || /[\s\0]/.test(word))
        throw new TskerError('invalid', `no word for a shim: ${JSON.stringify(word)}`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    if (this.#socket.destroyed) throw new TskerError('internal', 'the shim is gone');
    this.#waiting.set(sequence, { resolve, reject });
    this.#socket.write(`${[sequence, verb, ...words].join(' ')}\n`);
    const answer = await promise;
    if (answer[0] !== 'error') return answer;
    throw new TskerError('internal', `the shim could not ${verb}: ${describeErrno(Number(answer[1]))}`);
  }

  #handle(line: string, { onExit }: ShimNews): void {
    const [first = '', ...rest] = line.split(' ');
    if (first !== '!') {
      this.#waiting.get(first)?.resolve(rest);
      this.#waiting.delete(first);
      return;
    }
    const [what, name = '', pid, status] = rest;
    const process = { name, pid: Number(pid), status: Number(status) };
    if (what === 'process') this.#listed.push(process);
    else if (what === 'exit') onExit(process);
  }
}

/** By way of its directory's descriptor: the path of a socket has room for 107 bytes. */
async function connectIn(directory: string, name: string): Promise<Socket | undefined> {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = connect(join('/proc/self/fd', String(fd), name));
  const refused = (): void => resolve(undefined);
  socket.once('error', refused);
  socket.once('connect', () => {
    socket.off('error', refused);
    resolve(socket);
  });
  return promise.finally(() => closeSync(fd));
}
