// A client's bare connection, joined to the streams of a program: stdin through here, and the end in a way that clients
// take for one. Output goes from the native pump straight to the client's socket. attach and exec share it.
import { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Native } from '../../native/native.ts';
import { DetachFilter } from './detach-keys.ts';
import type { Io } from './io.ts';

/** Milliseconds that a client has to hang up when there is nothing more for it. */
const LINGER = 30_000;

export interface InputRequest {
  readonly connection: Duplex;
  /** The client wants to send stdin. */
  readonly wanted: boolean;
  /** There is a terminal, on which the detach keys count. */
  readonly tty: boolean;
  /** What the client's half-close ends. */
  readonly closeAtEnd: boolean;
  readonly keys: Buffer;
  readonly onDetach: () => void;
}

export function forwardInput(io: Io, { connection, wanted, tty, closeAtEnd, keys, onDetach }: InputRequest): void {
  // A terminal's stdin is there only when its program runs; without one the pipe waits.
  void io.ready.then(() => {
    const { stdin } = io;
    if (!wanted || stdin === undefined) {
      connection.resume();
      return;
    }
    const source: Readable = tty ? connection.pipe(new DetachFilter(keys, onDetach)) : connection;
    source.pipe(stdin, { end: closeAtEnd });
    // A client that vanishes does not half-close before. While an OCI runtime began it may have done so already.
    if (closeAtEnd && connection.closed) stdin.end();
    else if (closeAtEnd) connection.on('close', () => stdin.end());
    // A program that reads no more must not keep the client from being heard.
    stdin.on('close', () => connection.resume());
  });
}

/**
 * Ends our direction and reads on until the client ends its own: closing a unix socket with unread bytes in it is a
 * connection reset for the client.
 */
export function hangUp(connection: Duplex): void {
  connection.end();
  connection.resume();
  const timer = setTimeout(() => connection.destroy(), LINGER);
  connection.on('close', () => clearTimeout(timer));
}

export type OutputNative = Pick<Native, 'dup' | 'pipe' | 'unread'>;

/** Where the pump writes for one client. */
export interface Output {
  /** The pump's, once it has been given it. */
  readonly fd: number;
  /** Resolves when the client has been sent all that was written, after the pump has closed it. */
  readonly passedOn: Promise<void>;
  /** The client shall get nothing more. */
  cut(): void;
}

/**
 * The client's own descriptor, or for one that is more than a bare socket (a websocket, TLS) a pipe that is read here. Undefined
 * when the client has hung up.
 */
export function outputTo(native: OutputNative, connection: Duplex): Output | undefined {
  if (connection instanceof Socket && !(connection instanceof TLSSocket)) {
    const fd = duplicateOf(native, connection);
    return fd === undefined ? undefined : { fd, passedOn: Promise.resolve(), cut: () => undefined };
  }
  if (connection.destroyed) return undefined;
  const { promise: passedOn, resolve } = Promise.withResolvers<void>();
  const { read, write } = native.pipe();
  const source = new Socket({ fd: read, readable: true, writable: false });
  source.pipe(connection, { end: false });
  source.on('close', resolve);
  connection.on('close', () => source.destroy());
  return { fd: write, passedOn, cut: () => source.destroy() };
}

/** Milliseconds that a client has to read the head of an answer before it gets what follows all the same. */
const HEAD_PATIENCE = 1000;

/**
 * Resolves when the client has read the head of its answer. Clients that read heads through a buffer and go on with the bare socket
 * (docker-py) lose what arrives together with the head; Docker is slow enough for them. Only unix sockets know.
 */
export async function headRead(native: Pick<Native, 'unread'>, connection: Duplex): Promise<void> {
  if (connection instanceof TLSSocket) return;
  const since = performance.now();
  for (let waited = 0; waited < HEAD_PATIENCE; waited = performance.now() - since) {
    const fd = descriptorOf(connection);
    if (fd === undefined || native.unread(fd) === 0) return;
    // Most clients have read it before a timer could fire.
    await (waited < 1 ? setImmediate() : sleep(1));
  }
}

/** A descriptor of a bare connection's own, for a native writer; undefined when the client has hung up. */
export function duplicateOf(native: Pick<Native, 'dup'>, connection: Duplex): number | undefined {
  const fd = descriptorOf(connection);
  return fd === undefined ? undefined : native.dup(fd);
}

/** The number of a socket's descriptor, which Node does not tell otherwise; undefined when the client has hung up. */
function descriptorOf(connection: Duplex): number | undefined {
  const handle: unknown = Reflect.get(connection, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
