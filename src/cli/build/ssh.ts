// `--ssh`: a connection to the daemon over which the user's SSH agents answer the RUNs of a build. Keys stay here; those that
// are named by their files go into an agent that lives as long as the build.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ApiClient } from '../../client/client.ts';
import { encodeFrame, frameReader } from '../../util/agent-frames.ts';
import { TskerError } from '../../util/errors.ts';
import { splitPair } from '../create/words.ts';
import { UsageError } from '../usage-error.ts';

export interface SshRequest {
  readonly client: ApiClient;
  /** As given: `default`, `id=path[,path]`. */
  readonly specs: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface SshLink extends Disposable {
  readonly session: string;
  readonly ids: readonly string[];
}

interface Agent extends Disposable {
  readonly id: string;
  readonly socket: string;
}

export async function openSsh({ client, specs, env, cwd }: SshRequest): Promise<SshLink> {
  using stack = new DisposableStack();
  const agents: Agent[] = [];
  for (const spec of specs) agents.push(stack.use(await openAgent(spec, { env, cwd })));
  const session = randomBytes(16).toString('hex');
  const { stream } = await client.hijack('/tsker/build/ssh', { query: { session } });
  stack.defer(() => stream.destroy());
  forward(stream, agents);
  const held = stack.move();
  return { session, ids: agents.map(({ id }) => id), [Symbol.dispose]: () => held.dispose() };
}

interface World {
  readonly env: SshRequest['env'];
  readonly cwd: string;
}

async function openAgent(spec: string, { env, cwd }: World): Promise<Agent> {
  const [id, paths] = splitPair(spec);
  if (id === '') throw new UsageError(`invalid argument "${spec}" for "--ssh" flag: it has no id`);
  if (paths === undefined || paths === '') {
    const socket = env['SSH_AUTH_SOCK'] ?? '';
    if (socket !== '') return { id, socket, [Symbol.dispose]: () => undefined };
    throw new TskerError('invalid', 'invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set');
  }
  const files = paths.split(',').map((path) => resolve(cwd, path));
  const [first = ''] = files;
  const found = statSync(first, { throwIfNoEntry: false });
  if (found === undefined) throw new TskerError('invalid', `failed to open ${first}: no such file or directory`);
  if (!found.isSocket()) return await agentWith(id, files, env);
  if (files.length > 1) throw new UsageError('only single socket allowed');
  return { id, socket: first, [Symbol.dispose]: () => undefined };
}

/** An agent of our own with these keys. */
async function agentWith(id: string, keys: readonly string[], env: SshRequest['env']): Promise<Agent> {
  const directory = mkdtempSync(join(tmpdir(), 'tsker-ssh-'));
  const socket = join(directory, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  const dispose = (): void => {
    agent.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilListening(agent, socket);
    await run('ssh-add', ['-q', ...keys], { ...env, SSH_AUTH_SOCK: socket });
    return { id, socket, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

const POLL_MILLISECONDS = 20;
const START_MILLISECONDS = 10_000;

async function untilListening(agent: ReturnType<typeof spawn>, socket: string): Promise<void> {
  let failure: Error | undefined;
  agent.on('error', (error) => {
    failure = error;
  });
  const end = performance.now() + START_MILLISECONDS;
  while (statSync(socket, { throwIfNoEntry: false }) === undefined) {
    if (failure !== undefined) throw programError('ssh-agent', failure);
    if (performance.now() > end) throw new TskerError('unavailable', 'ssh-agent did not start');
    await new Promise((done) => setTimeout(done, POLL_MILLISECONDS));
  }
}

function run(program: string, words: readonly string[], env: SshRequest['env']): Promise<void> {
  const { promise, resolve: done, reject } = Promise.withResolvers<void>();
  const child = spawn(program, words, { env, stdio: ['inherit', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  child.on('error', (error) => reject(programError(program, error)));
  child.on('close', (code) => {
    if (code === 0) done();
    else reject(new TskerError('invalid', `${program}: ${said.trim() || `it ended with ${code}`}`));
  });
  return promise;
}

function programError(program: string, error: Error): TskerError {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  const message = isMissing
    ? `${program} is needed for keys named by --ssh, and is not there`
    : `${program}: ${error.message}`;
  return new TskerError('unsupported', message, {
    cause: error,
    ...(isMissing ? { hint: 'start an agent yourself, and pass --ssh default' } : {}),
  });
}

/** Each connection in a container becomes one to the agent. */
function forward(stream: Duplex, agents: readonly Agent[]): void {
  const open = new Map<number, Socket>();
  const read = frameReader();
  const send = (agent: number, connection: number, data: Buffer): void => {
    if (!stream.destroyed) stream.write(encodeFrame({ agent, connection, data }));
  };
  const openOne = (agent: number, connection: number): Socket => {
    const socket = connect(agents[agent]?.socket ?? '');
    open.set(connection, socket);
    socket.on('data', (data: Buffer) => send(agent, connection, data));
    // An agent that is gone is a connection that closes.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (open.delete(connection)) send(agent, connection, Buffer.alloc(0));
    });
    return socket;
  };
  const deliver = (piece: Buffer): void => {
    for (const { agent, connection, data } of read(piece)) {
      const socket = open.get(connection) ?? (data.length === 0 ? undefined : openOne(agent, connection));
      if (data.length > 0) socket?.write(data);
      else if (open.delete(connection)) socket?.end();
    }
  };
  stream.on('data', (piece: Buffer) => {
    try {
      deliver(piece);
    } catch (error) {
      // A daemon that does not keep to the frames gets no answer any more.
      stream.destroy(error as Error);
    }
  });
  stream.on('error', () => stream.destroy());
  stream.on('close', () => {
    for (const socket of open.values()) socket.destroy();
  });
  stream.resume();
}
