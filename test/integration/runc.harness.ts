// Bundles and commands for the tests of `tsker runc`. Not a test file.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxRootfs } from '../helpers/busybox.ts';
import type { Owner } from '../helpers/owner.ts';
import { type RunResult, run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

/** What a test may change of config.json. */
export interface Config {
  process: {
    args: string[];
    env: string[];
    cwd: string;
    terminal: boolean;
    user: { uid: number; gid: number };
    [key: string]: unknown;
  };
  root: { path: string; readonly: boolean };
  mounts: { destination: string; type: string; source: string; options?: string[] }[];
  linux: { namespaces: { type: string; path?: string }[]; [key: string]: unknown };
  [key: string]: unknown;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** What the container wrote on our stderr, or what we say there. */
  readonly stderr: string;
  /** The last message of --log. */
  readonly message: string;
}

export interface World {
  /** Ids of its own: several worlds share the host's cgroups. */
  id(): string;
  /** Writes a bundle; its directory. */
  bundle(change?: (config: Config) => void): string;
  call(...argv: string[]): Promise<Outcome>;
  /** Throws with its message when it fails; its standard output. */
  ok(...argv: string[]): Promise<string>;
  state(id: string): Promise<{ status: string; pid: number }>;
}

/** `runtime` with a --root of its own; every container in it is deleted at the end. */
export async function makeWorld(owner: Owner, runtime: string): Promise<World> {
  const home = tempdir(owner, 'runc');
  // Root of a user namespace goes the way to the root file system, too.
  chmodSync(home, 0o711);
  const rootfs = await busyboxRootfs(join(home, 'rootfs'));
  const base = await exampleConfig(home, runtime);
  const root = join(home, 'root');
  let count = 0;
  const command = (argv: readonly string[], log: string): string[] => [
    ...[runtime, '--root', root, '--log', log, '--log-format', 'json'],
    ...argv,
  ];
  const world: World = {
    id: () => `tsker-test-${randomBytes(4).toString('hex')}`,
    bundle(change) {
      const directory = join(home, `bundle-${++count}`);
      mkdirSync(directory);
      const config = structuredClone(base);
      config.root.path = rootfs;
      change?.(config);
      writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
      return directory;
    },
    async call(...argv) {
      const log = join(home, `log-${++count}`);
      const { code, stdout, stderr } = await runDetached(command(argv, log), join(home, `output-${count}`));
      return { code, stdout, stderr, message: lastMessage(log) };
    },
    async ok(...argv) {
      const { code, stdout, stderr, message } = await world.call(...argv);
      if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${message} ${stderr}`);
      return stdout;
    },
    state: async (id) => JSON.parse(await world.ok('state', id)) as { status: string; pid: number },
  };
  owner.teardown(async () => {
    for (const id of (await world.ok('list', '-q')).split('\n').filter(Boolean))
      await world.ok('delete', '--force', id);
  });
  return world;
}

/** Its own example, with nothing in it that this host cannot give. */
async function exampleConfig(home: string, runtime: string): Promise<Config> {
  await run([runtime, 'spec', '--bundle', home]);
  const config = JSON.parse(readFileSync(join(home, 'config.json'), 'utf8')) as Config;
  config.process.terminal = false;
  delete config.process['rlimits'];
  config.process.args = ['sleep', '1000'];
  return config;
}

/** Into files: what a container inherits it holds open, and a pipe would never end. */
function runDetached(argv: readonly string[], base: string): Promise<Pick<RunResult, 'code' | 'stdout' | 'stderr'>> {
  const [file = '', ...args] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<Pick<RunResult, 'code' | 'stdout' | 'stderr'>>();
  const fds = [openSync(`${base}.out`, 'w'), openSync(`${base}.err`, 'w')] as const;
  const child = spawn(file, args, { stdio: ['ignore', ...fds] });
  for (const fd of fds) closeSync(fd);
  child.on('error', reject);
  child.on('exit', (code) => {
    const [stdout, stderr] = [readFileSync(`${base}.out`, 'utf8'), readFileSync(`${base}.err`, 'utf8')];
    resolve({ code: code ?? 255, stdout, stderr });
  });
  return promise;
}

function lastMessage(log: string): string {
  try {
    const line = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    return line === '' ? '' : (JSON.parse(line) as { msg: string }).msg;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
