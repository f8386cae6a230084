// A program whose output goes to a container's log, through the real pump; and syslog servers of every kind.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { type ContainerLog, openContainerLog } from '../../src/daemon/logging/container-log.ts';
import type { ReadOptions } from '../../src/daemon/logging/read/read-logs.ts';
import type { Native, Spawned } from '../../src/native/native.ts';
import type { Pump } from '../../src/native/output-requests.ts';
import { createLogger } from '../../src/util/log.ts';
import { BUSYBOX, spawnProgram } from '../helpers/native.ts';
import type { Owner } from '../helpers/owner.ts';
import { startBackground } from '../helpers/process.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';

export interface LogCase {
  readonly type: string;
  readonly options?: Readonly<Record<string, string>>;
  /** Of busybox's shell; by default `argv`. */
  readonly script?: string;
  readonly argv?: readonly string[];
  readonly directory?: string;
}

export interface Logged {
  readonly log: ContainerLog;
  readonly pump: Pump;
  readonly child: Spawned;
  readonly directory: string;
  /** What the daemon's own log said. */
  readonly said: string[];
  /** The program and its output have ended, and the log is closed. */
  readonly over: Promise<void>;
}

const ID = 'a0eab37e698b2cb91a2ff00abcc6029d41976a7b0ebf5e759231121e107398ec';

export const ALL: ReadOptions = {
  stdout: true,
  stderr: true,
  since: undefined,
  until: undefined,
  tail: undefined,
  follow: false,
};

export async function openLog(
  owner: Owner,
  native: Native,
  { type, options = {}, directory = tempdir(owner, 'logging') }: LogCase,
): Promise<{ log: ContainerLog; directory: string; said: string[] }> {
  const said: string[] = [];
  const log = await openContainerLog({
    config: { Type: type, Config: options },
    place: { id: ID, directory },
    info: {
      id: ID,
      name: 'one',
      imageId: `sha256:${'b'.repeat(64)}`,
      imageName: 'busybox',
      path: 'sh',
      args: [],
      env: ['E=1'],
      labels: { a: 'b' },
      hostname: 'vm',
    },
    native,
    log: createLogger('debug', (line) => said.push(line)),
  });
  return { log, directory, said };
}

export async function startLogged(owner: Owner, native: Native, request: LogCase): Promise<Logged> {
  const opened = await openLog(owner, native, request);
  const out = native.pipe();
  const err = native.pipe();
  const pump = native.pump({ stdout: out.read, stderr: err.read, sinks: opened.log.sinks });
  const argv = request.argv ?? [BUSYBOX, 'sh', '-c', request.script ?? ''];
  const child = spawnProgram(native, { argv }, { stdout: out.write, stderr: err.write });
  native.close(out.write);
  native.close(err.write);
  owner.teardown(() => void child.signal(9));
  const over = Promise.all([pump.finished, child.exited]).then(() => opened.log.close());
  return { ...opened, pump, child, over };
}

export async function readAll(log: ContainerLog, options: Partial<ReadOptions> = {}): Promise<string[]> {
  const texts: string[] = [];
  for await (const lines of log.read({ ...ALL, ...options }, new AbortController().signal)) {
    for (const line of lines) texts.push(line.log);
  }
  return texts;
}

export interface SyslogServer {
  readonly address: string;
  /** Everything so far. */
  text(): string;
  /** Drops connections and listens no more. */
  stop(): Promise<void>;
  /** Listens again where it did. */
  restart(): Promise<void>;
}

/** A stream server: on a unix socket, a TCP port, or a port with TLS. `reads: false`: it never takes a byte. */
export async function startStreamServer(
  owner: Owner,
  options: { readonly path?: string; readonly tls?: { key: Buffer; cert: Buffer }; readonly reads?: boolean } = {},
): Promise<SyslogServer> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    if (options.reads === false) socket.pause();
    else socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  };
  const make = (): Server => (options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve));
  let server = make();
  let port = 0;
  const listen = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      if (options.path === undefined) server.listen(port, '127.0.0.1', resolve);
      else server.listen(options.path, resolve);
    });
    const address = server.address();
    if (typeof address === 'object' && address !== null) port = address.port;
  };
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen();
  owner.teardown(async () => {
    if (server.listening) await stop();
  });
  const scheme = options.tls === undefined ? 'tcp' : 'tcp+tls';
  return {
    address: options.path === undefined ? `${scheme}://127.0.0.1:${port}` : `unix://${options.path}`,
    text: () => Buffer.concat(chunks).toString(),
    stop,
    restart: async () => {
      server = make();
      await listen();
    },
  };
}

/** Datagrams, one after the other with a `|` behind each. */
export async function startUdpServer(owner: Owner): Promise<Pick<SyslogServer, 'address' | 'text'>> {
  const datagrams: string[] = [];
  const socket = createSocket('udp4', (message) => datagrams.push(`${message}|`));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  owner.teardown(() => void socket.close());
  return { address: `udp://127.0.0.1:${socket.address().port}`, text: () => datagrams.join('') };
}

const UNIXGRAM = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
with open(sys.argv[2], 'ab', 0) as out:
    while True:
        out.write(s.recv(70000) + b'|')
`;

/** The same on a unix socket, which Node cannot listen to. */
export async function startUnixgramServer(owner: Owner): Promise<Pick<SyslogServer, 'address' | 'text'>> {
  const directory = tempdir(owner, 'unixgram');
  const [path, output] = [join(directory, 'socket'), join(directory, 'output')];
  const server = startBackground(['python3', '-c', UNIXGRAM, path, output], { log: join(directory, 'log') });
  owner.teardown(() => server.stop());
  await waitFor('the datagram server listens', () => read(output) !== undefined);
  return { address: `unixgram://${path}`, text: () => read(output) ?? '' };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
