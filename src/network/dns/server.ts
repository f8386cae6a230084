// The embedded name server: for each container on a network that was created, a UDP and a TCP socket inside its namespace, which
// its first process opened and sent us, and which are answered here, on the event loop.
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server, type Socket as Stream } from 'node:net';
import { messageOf } from '../../util/errors.ts';
import { answerQuery } from './answer.ts';
import type { Directory } from './directory.ts';
import { forwardQuery } from './forward.ts';

/** Queries of one container that wait for servers outside; above that they fail at once. */
const FORWARDS_MAX = 512;
/** TCP connections of one container, and how long one may do nothing, in milliseconds. */
const CONNECTIONS_MAX = 64;
const IDLE = 10_000;

export interface NameServersOptions {
  readonly directory: Directory;
  readonly warn: (message: string) => void;
}

export class NameServers {
  readonly #options: NameServersOptions;
  /** Servers outside, by container: what `prepare` was told. */
  readonly #upstream = new Map<string, readonly string[]>();
  readonly #running = new Map<string, NameServer>();

  constructor(options: NameServersOptions) {
    this.#options = options;
  }

  /** Whom to ask for what is not ours, until `end`. */
  prepare(containerId: string, servers: readonly string[]): void {
    this.#upstream.set(containerId, servers);
  }

  /** Answers on these sockets (UDP, TCP), which are taken over. */
  serve(containerId: string, [udp, tcp]: readonly number[]): void {
    if (udp === undefined || tcp === undefined) return;
    const { directory, warn } = this.#options;
    this.#running.get(containerId)?.close();
    const servers = this.#upstream.get(containerId) ?? [];
    this.#running.set(containerId, new NameServer({ directory, containerId, servers, udp, tcp, warn }));
  }

  end(containerId: string): void {
    this.#upstream.delete(containerId);
    this.#running.get(containerId)?.close();
    this.#running.delete(containerId);
  }

  close(): void {
    for (const containerId of [...this.#running.keys()]) this.end(containerId);
  }
}

interface NameServerOptions extends NameServersOptions {
  readonly containerId: string;
  readonly servers: readonly string[];
  readonly udp: number;
  readonly tcp: number;
}

class NameServer {
  readonly #options: NameServerOptions;
  readonly #udp: Socket;
  readonly #tcp: Server;
  readonly #streams = new Set<Stream>();
  readonly #ended = new AbortController();
  #forwards = 0;

  constructor(options: NameServerOptions) {
    this.#options = options;
    this.#udp = createSocket('udp4');
    this.#udp.on('message', (query, from) => {
      this.#answer(query, 'udp', (reply) => this.#udp.send(reply, from.port, from.address));
    });
    this.#udp.on('error', (error) => this.#warn(error));
    this.#udp.bind({ fd: options.udp });
    this.#tcp = createServer((stream) => this.#accept(stream));
    this.#tcp.maxConnections = CONNECTIONS_MAX;
    this.#tcp.on('error', (error) => this.#warn(error));
    this.#tcp.listen({ fd: options.tcp });
  }

  close(): void {
    this.#ended.abort();
    this.#udp.close();
    this.#tcp.close();
    for (const stream of this.#streams) stream.destroy();
  }

  #answer(query: Buffer, over: 'udp' | 'tcp', send: (reply: Buffer) => void): void {
    const { directory, containerId } = this.#options;
    const outcome = answerQuery(query, { directory, containerId, over, random: Math.random });
    if (!('forward' in outcome)) {
      if (outcome.reply !== undefined) send(outcome.reply);
      return;
    }
    if (this.#forwards >= FORWARDS_MAX) {
      send(outcome.failure);
      return;
    }
    void this.#forward(query, over).then((reply) => {
      if (!this.#ended.signal.aborted) send(reply ?? outcome.failure);
    });
  }

  async #forward(query: Buffer, over: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    this.#forwards += 1;
    try {
      return await forwardQuery(query, { servers: this.#options.servers, over, signal: this.#ended.signal });
    } finally {
      this.#forwards -= 1;
    }
  }

  /** Messages with their length before them (RFC 1035, 4.2.2), answered as they are ready. */
  #accept(stream: Stream): void {
    this.#streams.add(stream);
    stream.setTimeout(IDLE, () => stream.destroy());
    stream.on('close', () => this.#streams.delete(stream));
    stream.on('error', () => stream.destroy());
    let received = Buffer.alloc(0);
    stream.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const query = received.subarray(2, 2 + received.readUInt16BE(0));
        received = received.subarray(2 + query.length);
        this.#answer(query, 'tcp', (reply) => {
          if (stream.writable) stream.write(withLength(reply));
        });
      }
    });
  }

  #warn(error: Error): void {
    this.#options.warn(`the name server of container ${this.#options.containerId.slice(0, 12)}: ${messageOf(error)}`);
  }
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}
