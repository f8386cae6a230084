// One connection to a syslog server, as a descriptor for the native sink and a watch on its end. Errors are worded as Go's
// net.Dial words them.
import { lookup } from 'node:dns/promises';
import { connect, isIP, type NetConnectOpts, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Native } from '../../../native/native.ts';
import { messageOf, TskerError } from '../../../util/errors.ts';
import type { SyslogAddress, SyslogTls } from './options.ts';

export type DialNative = Pick<Native, 'dup' | 'socketpair' | 'connectDatagram'>;

export interface DialRequest {
  readonly native: DialNative;
  readonly address: SyslogAddress;
  readonly tls: SyslogTls;
  readonly timeout: number;
}

export interface Connection {
  /** For the sink, which takes it over. */
  readonly fd: number;
  /** Resolves when the peer is gone. Datagrams have no end. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Where a host's own syslog listens, in the order Go's package tries. */
const LOCAL_PATHS = ['/dev/log', '/var/run/syslog', '/var/run/log'];

export async function dial(request: DialRequest): Promise<Connection> {
  const { address } = request;
  if ('port' in address && address.port > 65_535) throw new Error(`dial tcp: address ${address.port}: invalid port`);
  switch (address.kind) {
    case 'local':
      return dialLocal(request);
    case 'unixgram':
      return dialDatagram(request.native, address.path);
    case 'unix':
      return dialStream(request, { path: address.path }, `dial unix ${address.path}`);
    case 'udp':
      return dialUdp(request.native, address);
    case 'tcp':
      return dialStream(request, { host: address.host || 'localhost', port: address.port }, tcpName(address));
    case 'tcp+tls':
      return dialTls(request, address);
  }
}

async function dialLocal(request: DialRequest): Promise<Connection> {
  for (const kind of ['unixgram', 'unix'] as const) {
    for (const path of LOCAL_PATHS) {
      try {
        return await dial({ ...request, address: { kind, path } });
      } catch {
        // The next one; none is told below.
      }
    }
  }
  throw new Error('Unix syslog delivery error');
}

async function dialDatagram(native: DialNative, path: string): Promise<Connection> {
  try {
    return datagramConnection(native.connectDatagram(path));
  } catch (error) {
    throw dialError(`dial unixgram ${path}`, error);
  }
}

async function dialUdp(
  native: DialNative,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Connection> {
  try {
    const address = isIP(host) === 0 ? (await lookup(host === '' ? 'localhost' : host)).address : host;
    return datagramConnection(native.connectDatagram(address, port));
  } catch (error) {
    throw dialError(`dial udp ${host}:${port}`, error);
  }
}

function datagramConnection(fd: number): Connection {
  return { fd, closed: new Promise(() => undefined), close: () => undefined };
}

/** The socket stays with JavaScript, which reads it to hear of its end; the sink writes a duplicate. */
async function dialStream(request: DialRequest, options: NetConnectOpts, name: string): Promise<Connection> {
  const socket = connect(options);
  await connected(socket, { event: 'connect', timeout: request.timeout, name });
  socket.setKeepAlive(true, 60_000);
  return { fd: request.native.dup(descriptorOf(socket)), closed: endOf(socket), close: () => socket.destroy() };
}

/** The sink writes to one end of a pair, whose other end goes through TLS. */
async function dialTls(
  { native, tls, timeout }: DialRequest,
  address: { readonly host: string; readonly port: number },
): Promise<Connection> {
  const host = address.host || 'localhost';
  const options: ConnectionOptions = { ...tls, host, port: address.port };
  const socket = connectTls({ ...options, ...(isIP(host) === 0 ? { servername: host } : {}) });
  await connected(socket, { event: 'secureConnect', timeout, name: tcpName(address) });
  const [ours, theirs] = native.socketpair('stream');
  const relay = new Socket({ fd: ours });
  relay.on('error', () => socket.destroy());
  relay.pipe(socket); // its end ends the connection, when all has gone through
  const closed = endOf(socket).then(() => void relay.destroy());
  return { fd: theirs, closed, close: () => relay.end() };
}

function tcpName({ host, port }: { readonly host: string; readonly port: number }): string {
  return `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}`;
}

interface Waiting {
  readonly event: 'connect' | 'secureConnect';
  readonly timeout: number;
  readonly name: string;
}

function connected(socket: Socket, { event, timeout, name }: Waiting): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => socket.destroy(new Error('i/o timeout')), timeout);
  socket.once(event, () => resolve());
  socket.once('error', (error) => reject(dialError(name, error)));
  socket.once('close', () => reject(new Error(`${name}: connection closed`)));
  return promise.finally(() => clearTimeout(timer));
}

/** A syslog server says nothing: what it does say is read and dropped, so that its end is seen. */
function endOf(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.on('close', () => resolve());
  if (socket.destroyed) resolve();
  socket.on('data', () => undefined);
  return promise;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'connect: connection reset by peer',
  ENOENT: 'connect: no such file or directory',
  EACCES: 'connect: permission denied',
  EPROTOTYPE: 'connect: protocol wrong type for socket',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
};

function dialError(name: string, error: unknown): Error {
  const { code, hostname } = error as NodeJS.ErrnoException & { hostname?: string };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new Error(`dial tcp: lookup ${hostname}: no such host`);
  const errno = error instanceof TskerError ? error.errno : code;
  return new Error(`${name}: ${(errno === undefined ? undefined : REASONS[errno]) ?? messageOf(error)}`);
}

/** The number of a socket's descriptor, which Node does not tell otherwise. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd !== 'number' || fd < 0) throw new Error('connection closed');
  return fd;
}
