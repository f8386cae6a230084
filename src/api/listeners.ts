// The sockets the API listens on: `unix://path` with the rights Docker gives it, TCP with or without TLS, and what systemd handed
// over. It replaces the stale socket of a dead daemon and never that of a live one.
import { chmodSync, chownSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { makeDirectories } from '../util/directories.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import type { Address } from './address.ts';
import { serveUpgrades } from './upgrade.ts';

export interface ListenOptions {
  readonly address: Address;
  /** Group that may use a unix socket; undefined: `tsker` or `docker` where one of them exists. */
  readonly group: string | undefined;
  readonly listener: RequestListener;
  /** Of TCP; a unix socket has none. */
  readonly tls: TlsOptions | undefined;
}

export interface Listening {
  readonly address: Address;
  /** Takes no new connections; resolves when the last answer is out or `cutOff` was called. */
  close(): Promise<void>;
  /** Ends the connections that are still there. */
  cutOff(): void;
}

/** Throws `conflict` when a live process already listens there. */
export async function listen({ address, group, listener, tls }: ListenOptions): Promise<Listening> {
  // Before there is a socket: a group that does not exist leaves nothing behind.
  const gid = address.kind === 'unix' ? findGroup(group) : undefined;
  if (address.kind === 'unix') await clearPath(address.path);
  const settings = { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize: 64 * 1024 };
  const server =
    tls === undefined || address.kind === 'unix'
      ? createServer(settings, listener)
      : createTlsServer({ ...settings, ...tls, allowHalfOpen: true }, listener);
  serveUpgrades(server, listener);
  const connections = trackConnections(server);
  await bind(server, address);
  if (address.kind === 'unix') grantAccess(address.path, gid);
  return {
    address,
    close: () => closeServer(server),
    cutOff: () => {
      for (const connection of connections) connection.destroy();
    },
  };
}

function trackConnections(server: Server): Set<Socket> {
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  return connections;
}

function bind(server: Server, address: Address): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const name = nameOf(address);
  server.once('error', (cause) =>
    reject(new TskerError('conflict', `cannot listen on ${name}: ${messageOf(cause)}`, { cause })),
  );
  server.once('listening', resolve);
  if (address.kind === 'tcp') {
    server.listen(address.port, address.host);
    return promise;
  }
  if (address.kind === 'fd') {
    server.listen({ fd: address.fd });
    return promise;
  }
  // A socket of everyone's, if only for a moment, would be root for everyone: bind runs within this call.
  const mask = process.umask(0o177);
  try {
    server.listen(address.path);
  } finally {
    process.umask(mask);
  }
  return promise;
}

function nameOf(address: Address): string {
  if (address.kind === 'unix') return address.path;
  return address.kind === 'tcp' ? `${address.host}:${address.port}` : `descriptor ${address.fd ?? ''}`;
}

/** 0660 and the group; without such a group the socket stays root's alone. */
function grantAccess(path: string, gid: number | undefined): void {
  chownSync(path, 0, gid ?? 0);
  chmodSync(path, 0o660);
}

function findGroup(group: string | undefined): number | undefined {
  if (group !== undefined && /^\d+$/.test(group)) return Number(group);
  const groups = parseGroups(readGroupFile());
  if (group === undefined) return groups.get('tsker') ?? groups.get('docker');
  const gid = groups.get(group);
  if (gid === undefined) throw new TskerError('invalid', `group ${group} does not exist`);
  return gid;
}

/** Name → gid, group(5). */
export function parseGroups(text: string): Map<string, number> {
  const fields = text.split('\n').map((line) => line.split(':'));
  return new Map(
    fields.flatMap(([name, , gid]) => (name && gid && /^\d+$/.test(gid) ? [[name, Number(gid)] as const] : [])),
  );
}

function readGroupFile(): string {
  try {
    return readFileSync('/etc/group', 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Removes the socket of a daemon that is no more. Anything but a socket is not ours to remove. */
async function clearPath(path: string): Promise<void> {
  makeDirectories('-H', dirname(path), 0o755);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new TskerError('conflict', `cannot listen on ${path}: it exists and is no socket`);
  if (await answers(path)) {
    throw new TskerError('conflict', `cannot listen on ${path}: another process listens there`, {
      hint: 'another daemon runs; give this one a socket of its own with -H unix:///path',
    });
  }
  rmSync(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(path);
  probe.on('connect', () => {
    probe.destroy();
    resolve(true);
  });
  // A full backlog (EAGAIN) is a sign of life, too.
  probe.on('error', (error: NodeJS.ErrnoException) =>
    resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
  );
  return promise;
}

function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  return promise;
}
