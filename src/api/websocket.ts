// Taking a connection away from HTTP for a websocket (RFC 6455): its messages become a stream of bytes each way, as attach
// and exec want them. hijack.ts is the same for bare connections.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { WebSocket } from 'ws';
import { TskerError } from '../util/errors.ts';
import { versionAtLeast } from './version.ts';

/** Bytes of one message; what a client types or pipes comes in smaller ones. */
const MESSAGE_MAX = 1024 * 1024;
const NORMAL_CLOSURE = 1000;

/** Throws `invalid` before anything is sent to a client that does not speak it. */
export async function acceptWebSocket(request: IncomingMessage, response: ServerResponse): Promise<Duplex> {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    throw new TskerError('invalid', 'not a websocket request: it has no `Upgrade: websocket` header');
  }
  // Few daemons ever meet a client that wants one: 7 MB that the others do without.
  const { WebSocketServer } = await import('ws');
  const { promise, resolve } = Promise.withResolvers<Duplex>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_MAX,
  });
  const own = Object.entries(response.getHeaders()).map(([name, value]) => `${name}: ${String(value)}`);
  server.on('headers', (headers) => void headers.push(...own));
  const { socket } = request;
  response.detachSocket(socket);
  socket.setTimeout(0);
  // Docker sends text to clients that are older than its binary frames.
  const binary = versionAtLeast(request, '1.28');
  server.handleUpgrade(request, socket, Buffer.alloc(0), (accepted) => resolve(new MessageStream(accepted, binary)));
  // What it refuses (no key, another version) it answers itself.
  return promise;
}

/** The messages of a client one after the other; every write is a message to it. The client's close is the end. */
class MessageStream extends Duplex {
  readonly #socket: WebSocket;
  /** A character may lie across two writes, and a text message has whole ones. */
  readonly #decoder: StringDecoder | undefined;

  constructor(socket: WebSocket, binary: boolean) {
    super();
    this.#socket = socket;
    this.#decoder = binary ? undefined : new StringDecoder('utf8');
    socket.on('message', (data: Buffer) => {
      if (!this.push(data)) socket.pause();
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => {
      this.push(null);
      this.end();
    });
    this.on('error', () => socket.terminate());
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // Whoever has left needs nothing more.
    if (this.#socket.readyState !== this.#socket.OPEN) done();
    else this.#socket.send(this.#decoder?.write(chunk) ?? chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.close(NORMAL_CLOSURE);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }
}
