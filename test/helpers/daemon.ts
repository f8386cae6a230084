// A tsker daemon of a test's own: root, socket, bridge and subnet that no other has, ended by pid, and looked after: the
// owner's teardown fails when anything of it is left on the host.
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type DockerCli, type DockerCliName, dockerCli, dockerClis, engineCli } from './docker-cli.ts';
import { findTraces } from './host.ts';
import { type Answer, call, openCall } from './http.ts';
import type { Owner } from './owner.ts';
import { type Background, startBackground } from './process.ts';
import { allotSubnet, randomBridge, type Subnet } from './subnet.ts';
import { tempdir } from './tempdir.ts';
import { waitFor } from './wait.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

export interface DaemonOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Instead of a directory of its own: a file system that the test made. */
  readonly root?: string;
  readonly arch?: Architecture;
  /** Of the split architecture, for a test that asks for one. */
  readonly runtime?: string;
  /** Goes before its command line: a program that executes the rest in surroundings of its own. */
  readonly through?: readonly string[];
  /** False: a test that spoils the clean-up on purpose looks after the traces itself. */
  readonly checkTraces?: boolean;
  /** Prefix length of networks without a subnet of their own; 29 (thirty-two of them, with five addresses each) unless told. */
  readonly networkSize?: number;
}

export interface Daemon {
  readonly arch: Architecture;
  readonly socket: string;
  readonly root: string;
  readonly execRoot: string;
  readonly pidfile: string;
  readonly bridge: string;
  readonly subnet: Subnet;
  /** Of the process running now; another one after a restart. */
  readonly pid: number;
  /** tsker's own command line. */
  readonly tsker: DockerCli;
  /** Docker's; where none is installed (the virtual machine) tsker's own. */
  docker(name?: DockerCliName): DockerCli;
  api(method: string, path: string, body?: unknown): Promise<Answer>;
  /** For streams: the answer when its headers are there. */
  stream(method: string, path: string, body?: unknown): Promise<IncomingMessage>;
  output(): string;
  /** SIGTERM and wait; `start` afterwards begins anew on the same root. */
  stop(): Promise<void>;
  /** SIGKILL and wait for the end. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Mounts, cgroups, links, tables and processes that carry this daemon's names. */
  traces(): Promise<string[]>;
}

/** The command of tsker: TSKER_BIN (words), or the source under the Node that runs the tests. */
export function tskerCommand(env: NodeJS.ProcessEnv = process.env): string[] {
  const { TSKER_BIN: told } = env;
  if (told === undefined || told === '') return [process.execPath, join(REPOSITORY, 'src/main.ts')];
  return told.split(' ');
}

export type Architecture = 'monolith' | 'split';

/** TSKER_TEST_ARCH=split runs what does not say otherwise in the split architecture, TSKER_TEST_RUNTIME with another OCI runtime. */
export function testArchitecture(env: NodeJS.ProcessEnv = process.env): Architecture {
  return env['TSKER_TEST_ARCH'] === 'split' ? 'split' : 'monolith';
}

/** For what only the monolith does: containers that are its own children. */
export const MONOLITH_ALONE = { 'the monolith': testArchitecture() === 'monolith' };

/** For what another OCI runtime than ours does not do. */
export const OWN_RUNTIME = { "tsker's own runtime": testArchitecture() === 'monolith' || testRuntime() === 'tsker' };

/** The host's runc where there is one: ours, started from the source, takes two tenths of a second for each verb. */
export function testRuntime(
  { TSKER_TEST_RUNTIME: told, TSKER_BIN: executable = '' }: NodeJS.ProcessEnv = process.env,
): string {
  return told ?? (executable === '' && existsSync('/usr/sbin/runc') ? '/usr/sbin/runc' : 'tsker');
}

function architectureArgs(arch: Architecture, wanted = testRuntime()): string[] {
  return arch === 'monolith' ? [] : ['--arch', 'split', '--runtime', wanted];
}

export async function startDaemon(owner: Owner, options: DaemonOptions = {}): Promise<Daemon> {
  const arch = options.arch ?? testArchitecture();
  const base = tempdir(owner, 'daemon');
  const subnet = allotSubnet(owner);
  const pool = allotSubnet(owner);
  const bridge = randomBridge();
  const paths = { root: options.root ?? join(base, 'root'), execRoot: join(base, 'exec'), home: join(base, 'home') };
  const socket = join(base, 'tsker.sock');
  const pidfile = join(base, 'pid');
  mkdirSync(paths.home);
  const env = {
    ...process.env,
    ...options.env,
    HOME: paths.home,
    TSKER_HOST: `unix://${socket}`,
    DOCKER_HOST: undefined,
  };
  // The root of a user namespace has to find its files in it.
  chmodSync(base, 0o711);
  const argv = [
    ...[
      ...(options.through ?? []),
      ...tskerCommand(env),
      'daemon',
      '--data-root',
      paths.root,
      '--exec-root',
      paths.execRoot,
      '--pidfile',
      pidfile,
    ],
    ...['-H', `unix://${socket}`, '--bridge', bridge, '--bip', subnet.bip, ...architectureArgs(arch, options.runtime)],
    // Networks without a subnet of their own, beside those of other tests.
    ...[
      '--default-address-pool',
      `base=${pool.prefix}.0/24,size=${options.networkSize ?? 29}`,
      ...(options.args ?? []),
    ],
  ];

  let process_: Background | undefined;
  const ids = new Set<string>();
  const current = (): Background => {
    if (process_ === undefined) throw new Error('the daemon has not been started');
    return process_;
  };
  const traces = (): Promise<string[]> => findTraces([paths.root, paths.execRoot, bridge, ...ids]);
  const noteContainers = (): void => containerIds(paths.root).forEach((id) => void ids.add(id));
  const start = async (): Promise<void> => {
    process_ = startBackground(argv, { log: join(base, 'log'), env });
    await waitFor('the daemon answers', () => pings(socket, current()), { timeout: 30_000 });
  };
  const stop = async (): Promise<void> => {
    noteContainers();
    await current().stop();
  };

  /** Containers of the split architecture go on; here they must not. */
  const endAll = async (): Promise<void> => {
    if (current().exitCode() !== undefined) await start();
    const list = await call({ target: socket, method: 'GET', path: '/containers/json?all=1' });
    for (const { Id } of list.json<{ Id: string }[]>()) {
      await call({ target: socket, method: 'DELETE', path: `/containers/${Id}?force=1` });
    }
  };

  owner.teardown(async () => {
    if (arch === 'split') await endAll();
    await stop();
    if (options.checkTraces === false) return;
    const left = await traces();
    if (left.length > 0)
      throw new Error(`the daemon left on the host:\n${left.join('\n')}\nits log:\n${current().output()}`);
  });
  await start();

  const tsker = engineCli(tskerCommand(env), env);
  return {
    ...{ socket, arch, root: paths.root, execRoot: paths.execRoot, pidfile, bridge, subnet, start, stop, traces },
    get pid() {
      return current().pid;
    },
    tsker,
    docker: (name) => (name === undefined && dockerClis().length === 0 ? tsker : dockerCli(socket, paths.home, name)),
    api: (method, path, body) => call({ target: socket, method, path, body }),
    stream: (method, path, body) => openCall({ target: socket, method, path, body }),
    output: () => current().output(),
    async kill() {
      noteContainers();
      current().signal('SIGKILL');
      await waitFor('the end of the daemon', () => current().exitCode() !== undefined);
    },
  };
}

async function pings(socket: string, daemon: Background): Promise<boolean> {
  if (daemon.exitCode() !== undefined)
    throw new Error(`the daemon ended with ${daemon.exitCode()}:\n${daemon.output()}`);
  return call({ target: socket, method: 'GET', path: '/_ping' }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** Names of directories below <root>/containers: what cgroups and mounts of containers are named after. */
function containerIds(root: string): string[] {
  try {
    return readdirSync(join(root, 'containers'));
  } catch {
    return [];
  }
}
