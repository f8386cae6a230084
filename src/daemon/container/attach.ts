// docker attach: a client's connection joined to the streams of a run. Output goes from the native pump straight to the
// client's socket; stdin comes through here.
import type { Duplex } from 'node:stream';
import type { Attaching, AttachOptions } from '../../api/container/backend.ts';
import { encodeLogs } from '../../api/container/log-frames.ts';
import type { Native } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import { forwardInput, hangUp, headRead, type Output, type OutputNative, outputTo } from './client-connection.ts';
import type { Container } from './container.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { emitContainerEvent } from './event.ts';
import type { Io } from './io.ts';
import { type LogDependencies, readContainerLogs } from './logs.ts';

const NO_LINES = { stdout: false, stderr: false, follow: false, since: undefined, until: undefined, tail: 0 };

export interface AttachDependencies extends LogDependencies {
  readonly native: OutputNative & Pick<Native, 'close'>;
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
  // Before the client is answered.
  if (options.logs) readContainerLogs(dependencies, container, NO_LINES);
  return {
    tty: container.record.config.Tty,
    async connect(connection, client) {
      emitContainerEvent(dependencies.events, container, 'attach');
      const request = { options, connection, keys };
      if (!options.logs) {
        join(dependencies, container, request);
        return;
      }
      if (client?.upgraded) await headRead(dependencies.native, connection);
      await replayAndJoin(dependencies, container, request);
    },
  };
}

function join(dependencies: AttachDependencies, container: Container, request: ClientRequest): void {
  if (request.options.stream) new AttachedClient(dependencies, container, request).join();
  else hangUp(request.connection);
}

/** The program waits until its client has read the past: what it writes meanwhile would be in neither part. */
async function replayAndJoin(
  dependencies: AttachDependencies,
  container: Container,
  request: ClientRequest,
): Promise<void> {
  const io = request.options.stream ? container.run?.io : undefined;
  const isParked = (await io?.park()) ?? false;
  try {
    await replay(dependencies, container, request);
    join(dependencies, container, request);
  } finally {
    if (isParked) io?.resume();
  }
}

/** What has been logged so far, in the frames the client gets anyway. */
async function replay(
  dependencies: AttachDependencies,
  container: Container,
  { options, connection }: Pick<ClientRequest, 'options' | 'connection'>,
): Promise<void> {
  const { stdout, stderr } = options;
  const past = { stdout, stderr, follow: false, since: undefined, until: undefined, tail: undefined };
  const { tty, read } = readContainerLogs(dependencies, container, past);
  for await (const lines of read(new AbortController().signal)) {
    const chunk = encodeLogs(lines, { framed: options.framed && !tty, timestamps: false, details: false });
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
  /** Undefined when it wants none. */
  #output: Output | undefined;
  /** The pump has the output's descriptor. */
  #isTeed = false;

  constructor(dependencies: AttachDependencies, container: Container, request: ClientRequest) {
    this.#dependencies = dependencies;
    this.#container = container;
    this.#request = request;
  }

  join(): void {
    const { options, connection } = this.#request;
    const wantsOutput = options.stdout || options.stderr;
    if (connection.destroyed) return;
    if (wantsOutput) this.#output = outputTo(this.#dependencies.native, connection);
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
      this.#isTeed = true;
      io.tee(this.#output.fd, {
        stdout: options.stdout,
        stderr: options.stderr,
        mux: options.framed && !tty,
        carry: options.logs,
      });
    }
    void io.finished.then(() => this.#output?.passedOn).then(() => this.#leave());
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
    if (this.#output === undefined) return;
    this.#output.cut();
    if (!this.#isTeed) this.#dependencies.native.close(this.#output.fd);
    this.#output = undefined;
  }
}
