// SSH agents of clients for RUN --mount=type=ssh: for each id a unix socket on the daemon's disk, behind which is the
// client's connection. No key is ever here; what passes is the agent's protocol, unread.
import { chmod, chown, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { encodeFrame, frameReader } from '../../util/agent-frames.ts';
import { TskerError } from '../../util/errors.ts';

/** Sockets of one build. */
export interface AgentSockets {
  /** By id; paths on the daemon's host. */
  readonly paths: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

export interface SocketRequest {
  readonly session: string;
  readonly ids: readonly string[];
  /** Where the sockets are made; a path of a socket has 107 bytes at most. */
  readonly directory: string;
  /** The root of the builds' containers, where that is another than the host's. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

export class SshSessions {
  readonly #sessions = new Map<string, AgentLink>();

  has(session: string): boolean {
    return this.#sessions.has(session);
  }

  /** Holds until the client closes the connection. One that comes second, or is closed already, is none. */
  open(session: string, connection: Duplex): void {
    if (this.#sessions.has(session)) connection.destroy();
    if (connection.destroyed) return;
    const link = new AgentLink(connection);
    this.#sessions.set(session, link);
    connection.once('close', () => this.#sessions.delete(session));
  }

  /** Throws `not_found` when the client is gone. */
  async sockets({ session, ids, directory, owner }: SocketRequest): Promise<AgentSockets> {
    const link = this.#sessions.get(session);
    if (link === undefined) throw new TskerError('not_found', 'the connection to the SSH agent is gone');
    const paths = new Map<string, string>();
    const servers: Server[] = [];
    const close = async (): Promise<void> => {
      for (const server of servers) server.close();
      link.end();
      await Promise.all([...paths.values()].map((path) => rm(path, { force: true })));
    };
    try {
      for (const [agent, id] of ids.entries()) {
        const path = join(directory, `ssh-${session.slice(0, 16)}-${agent}`);
        paths.set(id, path);
        servers.push(await serve(path, (socket) => link.connect(agent, socket)));
        if (owner !== undefined) await chown(path, owner.uid, owner.gid);
      }
    } catch (error) {
      await close();
      throw error;
    }
    return { paths, close };
  }
}

async function serve(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: false }, onConnection);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  // The mount says who may use it (`uid`, `gid`, `mode`): that is the engine's to set.
  await chmod(path, 0o600);
  return server;
}

/** One client: frames over its connection, to and from the sockets of a build. */
class AgentLink {
  readonly #connection: Duplex;
  readonly #sockets = new Map<number, { readonly agent: number; readonly socket: Socket }>();
  #last = 0;

  constructor(connection: Duplex) {
    this.#connection = connection;
    const read = frameReader();
    connection.on('data', (piece: Buffer) => {
      try {
        for (const frame of read(piece)) this.#deliver(frame.connection, frame.data);
      } catch {
        // A client that does not keep to the frames has no agent.
        connection.destroy();
      }
    });
    connection.on('close', () => this.end());
    connection.on('end', () => connection.destroy());
    connection.resume();
  }

  connect(agent: number, socket: Socket): void {
    this.#last += 1;
    const connection = this.#last;
    this.#sockets.set(connection, { agent, socket });
    const send = (data: Buffer): void => {
      if (!this.#connection.destroyed) this.#connection.write(encodeFrame({ agent, connection, data }));
    };
    socket.on('data', send);
    // Its end is told when it closes, and an error closes it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#sockets.delete(connection)) send(Buffer.alloc(0));
    });
    if (this.#connection.destroyed) socket.destroy();
  }

  end(): void {
    for (const { socket } of this.#sockets.values()) socket.destroy();
  }

  #deliver(connection: number, data: Buffer): void {
    const found = this.#sockets.get(connection);
    if (found === undefined) return;
    if (data.length > 0) found.socket.write(data);
    else {
      this.#sockets.delete(connection);
      found.socket.end();
    }
  }
}
