// docker attach: a client's connection joined to the streams of a run. Output goes from the native pump straight to the
// client's socket; stdin comes through here.
import type { Duplex, Readable } from 'node:stream';
import type { Attaching, AttachOptions } from '../../api/container/backend.ts';
import { encodeLogs } from '../../api/container/log-frames.ts';
import type { Native } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { DetachFilter, parseDetachKeys } from './detach-keys.ts';
import { emitContainerEvent } from './event.ts';
import type { Io } from './io.ts';
import { type LogDependencies, readContainerLogs } from './logs.ts';

export interface AttachDependencies extends LogDependencies {
  readonly native: Pick<Native, 'dup' | 'close'>;
  readonly events: EventSink;
}

/** Milliseconds that a client has to hang up when there is nothing more for it. */
const LINGER = 30_000;

/** Throws before anything is sent to the client. */
export function attachContainer(
  dependencies: AttachDependencies,
  container: Container,
  options: AttachOptions,
): Attaching {
  const { status } = container.record.state;
  if (status === 'paused') {
    throw new TskerError('conflict', `container ${container.id} is paused, unpause the container before attach`);
  }
  if (status === 'restarting') {
    throw new TskerError('conflict', `container ${container.id} is restarting, wait until the container is running`);
  }
  const keys = parseDetachKeys(options.detachKeys);
  return {
    tty: container.record.config.Tty,
    async connect(connection) {
      emitContainerEvent(dependencies.events, container, 'attach');
      if (options.logs) await replay(dependencies, container, { options, connection });
      if (options.stream) new AttachedClient(dependencies, container, { options, connection, keys }).join();
      else hangUp(connection);
    },
  };
}

/** What has been logged so far, in the frames the client gets anyway. */
async function replay(
  dependencies: AttachDependencies,
  container: Container,
  { options, connection }: { readonly options: AttachOptions; readonly connection: Duplex },
): Promise<void> {
  const { stdout, stderr } = options;
  const past = { stdout, stderr, follow: false, since: undefined, until: undefined, tail: undefined };
  const { tty, read } = readContainerLogs(dependencies, container, past);
  for await (const lines of read(new AbortController().signal)) {
    const chunk = encodeLogs(lines, { framed: !tty, timestamps: false, details: false });
    await new Promise<void>((resolve) => connection.write(chunk, () => resolve()));
  }
}

interface ClientRequest {
  readonly options: AttachOptions;
  readonly connection: Duplex;
  readonly keys: Buffer;
}

/** One client, from its attach to the end of the run or of its patience. */
class AttachedClient {
  readonly #dependencies: AttachDependencies;
  readonly #container: Container;
  readonly #request: ClientRequest;
  /** The duplicate of the client's socket, until the pump has it. */
  #output: number | undefined;

  constructor(dependencies: AttachDependencies, container: Container, request: ClientRequest) {
    this.#dependencies = dependencies;
    this.#container = container;
    this.#request = request;
  }

  join(): void {
    const { options, connection } = this.#request;
    if (options.stdout || options.stderr) this.#output = this.#dependencies.native.dup(descriptorOf(connection));
    const { run } = this.#container;
    if (run !== undefined) {
      this.#connect(run.io);
      return;
    }
    const forget = this.#container.attachments.add({
      connect: (io) => this.#connect(io),
      dismiss: () => this.#leave(),
    });
    connection.on('close', () => {
      forget();
      this.#dropOutput();
    });
  }

  #connect(io: Io): void {
    const { options } = this.#request;
    if (this.#output !== undefined) {
      const { Tty: tty } = this.#container.record.config;
      io.tee(this.#output, { stdout: options.stdout, stderr: options.stderr, mux: !tty });
      this.#output = undefined;
    }
    void io.finished.then(() => this.#leave());
    this.#forwardInput(io);
  }

  #forwardInput(io: Io): void {
    const { options, connection, keys } = this.#request;
    // A terminal's stdin is there only when its program runs; without one the pipe waits.
    void io.ready.then(() => {
      const { stdin } = io;
      if (!options.stdin || stdin === undefined) {
        connection.resume();
        return;
      }
      const { Tty: tty, StdinOnce: once } = this.#container.record.config;
      const source: Readable = tty ? connection.pipe(new DetachFilter(keys, () => this.#detach())) : connection;
      source.pipe(stdin, { end: once && !tty });
      // A program that reads no more must not keep the client from being heard.
      stdin.on('close', () => connection.resume());
    });
  }

  #detach(): void {
    emitContainerEvent(this.#dependencies.events, this.#container, 'detach');
    this.#leave();
  }

  #leave(): void {
    this.#dropOutput();
    hangUp(this.#request.connection);
  }

  #dropOutput(): void {
    if (this.#output !== undefined) this.#dependencies.native.close(this.#output);
    this.#output = undefined;
  }
}

/**
 * Ends our direction and reads on until the client ends its own: closing a unix socket with unread bytes in it is a
 * connection reset for the client.
 */
function hangUp(connection: Duplex): void {
  connection.end();
  connection.resume();
  const timer = setTimeout(() => connection.destroy(), LINGER);
  connection.on('close', () => clearTimeout(timer));
}

/** The number of a socket's descriptor, which Node does not tell otherwise. */
function descriptorOf(connection: Duplex): number {
  const handle: unknown = Reflect.get(connection, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd !== 'number' || fd < 0) throw new TskerError('cancelled', 'the client closed the connection');
  return fd;
}
