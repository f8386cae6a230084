// docker attach: a client's connection joined to the streams of a run. Output goes from the native pump straight to the
// client's socket; stdin comes through here.
import type { Duplex } from 'node:stream';
import type { Attaching, AttachOptions } from '../../api/container/backend.ts';
import { encodeLogs } from '../../api/container/log-frames.ts';
import type { Native } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import { descriptorOf, forwardInput, hangUp } from './client-connection.ts';
import type { Container } from './container.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { emitContainerEvent } from './event.ts';
import type { Io } from './io.ts';
import { type LogDependencies, readContainerLogs } from './logs.ts';

export interface AttachDependencies extends LogDependencies {
  readonly native: Pick<Native, 'dup' | 'close'>;
  readonly events: EventSink;
}

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
    const fd = descriptorOf(connection);
    if (fd === undefined) return;
    if (options.stdout || options.stderr) this.#output = this.#dependencies.native.dup(fd);
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
    const { Tty: tty, StdinOnce: once } = this.#container.record.config;
    forwardInput(io, {
      connection,
      wanted: options.stdin,
      tty,
      closeAtEnd: once && !tty,
      keys,
      onDetach: () => this.#detach(),
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
