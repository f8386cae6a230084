// A client's bare connection, joined to the streams of a program: stdin through here, and the end in a way that clients
// take for one. Output goes from the native pump straight to the client's socket. attach and exec share it.
import type { Duplex, Readable } from 'node:stream';
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
    // A client that vanishes does not half-close before.
    if (closeAtEnd) connection.on('close', () => stdin.end());
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

/** The number of a socket's descriptor, which Node does not tell otherwise; undefined when the client has hung up. */
export function descriptorOf(connection: Duplex): number | undefined {
  const handle: unknown = Reflect.get(connection, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
