// Asks the name servers outside, one after the other, each for a bounded time. The bytes go as they came: what a client may ask and
// a server may say is theirs.
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { isReplyTo, RCODES, rcodeOf } from './message.ts';

/** Milliseconds for one server, as Docker's. */
const PATIENCE = 4000;
/** Servers of a container that are asked at all. */
const SERVERS_MAX = 3;
const PORT = 53;

export interface Forwarding {
  readonly servers: readonly string[];
  readonly over: 'udp' | 'tcp';
  /** Of the container's end. */
  readonly signal: AbortSignal;
  /** Other than 53, in tests. */
  readonly port?: number;
  readonly patience?: number;
}

/** The first answer that is one; undefined when no server gives any. */
export async function forwardQuery(
  query: Buffer,
  { servers, over, signal, port = PORT, patience = PATIENCE }: Forwarding,
): Promise<Buffer | undefined> {
  for (const server of servers.slice(0, SERVERS_MAX)) {
    if (signal.aborted) return undefined;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    const ask = over === 'udp' ? askOverUdp : askOverTcp;
    const reply = await ask(query, { server, port, signal: limit });
    // A server that cannot or will not is no answer as long as there are others.
    if (reply !== undefined && rcodeOf(reply) !== RCODES.serverFailure && rcodeOf(reply) !== RCODES.refused)
      return reply;
  }
  return undefined;
}

interface Asking {
  readonly server: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** A socket of its own, connected: nobody but that server is heard, on a port nobody can guess. */
function askOverUdp(query: Buffer, { server, port, signal }: Asking): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = createSocket(isIPv6(server) ? 'udp6' : 'udp4');
  const end = (reply?: Buffer): void => resolve(reply);
  socket.on('error', () => end());
  socket.on('message', (reply) => {
    if (isReplyTo(reply, query)) end(reply);
  });
  const aborted = (): void => end();
  signal.addEventListener('abort', aborted);
  socket.connect(port, server, () => socket.send(query));
  return promise.finally(() => {
    signal.removeEventListener('abort', aborted);
    socket.close();
  });
}

function askOverTcp(query: Buffer, { server, port, signal }: Asking): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = connect({ host: server, port, signal });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length, 0);
  let received = Buffer.alloc(0);
  socket.on('error', () => resolve(undefined));
  socket.on('close', () => resolve(undefined));
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const reply = received.subarray(2, 2 + received.readUInt16BE(0));
    resolve(isReplyTo(reply, query) ? reply : undefined);
  });
  socket.write(Buffer.concat([length, query]));
  return promise.finally(() => socket.destroy());
}
