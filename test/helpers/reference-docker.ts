// The reference: Debian's dockerd with root, exec-root, socket and network namespace of its own, so that it neither sees nor
// changes the host's links and firewall. What it leaves behind when it ends (it leaves much) is taken away here.
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DockerCli, dockerCli } from './docker-cli.ts';
import { findTraces } from './host.ts';
import { call } from './http.ts';
import type { Owner } from './owner.ts';
import { type Background, startBackground } from './process.ts';
import { run } from './run.ts';
import { tempdir, unmountBelow } from './tempdir.ts';
import { waitFor } from './wait.ts';

const DOCKERD = '/usr/sbin/dockerd';

/** Whether the reference engine is on this machine. */
export const HAS_REFERENCE = existsSync(DOCKERD);

export interface ReferenceDocker {
  readonly socket: string;
  readonly root: string;
  readonly pid: number;
  /** Enters its network namespace: prefix of an argv, for servers it shall reach (a registry on its loopback). */
  readonly enter: readonly string[];
  readonly cli: DockerCli;
}

export interface ReferenceOptions {
  readonly args?: readonly string[];
  /** False: it shares the caller's network namespace (the benchmark runs in one of its own). */
  readonly ownNetwork?: boolean;
  /** Goes before its command line: a program that executes the rest in surroundings of its own. */
  readonly through?: readonly string[];
}

export async function startDocker(owner: Owner, options: ReferenceOptions = {}): Promise<ReferenceDocker> {
  const base = tempdir(owner, 'docker');
  const home = join(base, 'home');
  const socket = join(base, 'docker.sock');
  const cgroup = basename(base);
  mkdirSync(home);
  const argv = [
    ...(options.through ?? []),
    ...[DOCKERD, '--data-root', join(base, 'root'), '--exec-root', join(base, 'exec'), '--pidfile', join(base, 'pid')],
    ...['-H', `unix://${socket}`, '--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${cgroup}`],
    ...(options.args ?? []),
  ];
  const daemon = startBackground(argv, { log: join(base, 'log'), ownNetwork: options.ownNetwork ?? true });
  const cli = dockerCli(socket, home, 'old');
  owner.teardown(() => endDocker({ base, cgroup, daemon, cli }));
  await waitFor('dockerd answers', () => pings(socket, daemon), { timeout: 60_000, interval: 50 });
  return { socket, root: join(base, 'root'), pid: daemon.pid, enter: ['nsenter', '-t', String(daemon.pid), '-n'], cli };
}

async function pings(socket: string, daemon: Background): Promise<boolean> {
  if (daemon.exitCode() !== undefined) throw new Error(`dockerd ended:\n${daemon.output()}`);
  const answer = call({ target: socket, method: 'GET', path: '/_ping' });
  return answer.then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** Containers first (their shims outlive dockerd), then dockerd, then what is still there: by pid, mount and cgroup. */
async function endDocker(parts: { base: string; cgroup: string; daemon: Background; cli: DockerCli }): Promise<void> {
  const { base, cgroup, daemon, cli } = parts;
  if (daemon.exitCode() === undefined) {
    const ids = (await cli.run(['ps', '-aq'])).stdout.split('\n').filter((id) => id !== '');
    if (ids.length > 0) await cli.run(['rm', '-f', ...ids]);
  }
  await daemon.stop(20_000);
  for (const trace of await findTraces([base])) {
    const pid = /^processes: (\d+) /.exec(trace)?.[1];
    if (pid !== undefined) await run(['kill', '-9', pid]);
  }
  await unmountBelow(base);
  await waitFor('the cgroups of dockerd to empty', () => removeCgroups(cgroup));
}

/** Removes /<name> and what is below it in every hierarchy; false when one is still in use. */
function removeCgroups(name: string): boolean {
  return readdirSync('/sys/fs/cgroup').every((hierarchy) => removeCgroup(join('/sys/fs/cgroup', hierarchy, name)));
}

function removeCgroup(path: string): boolean {
  try {
    const below = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const emptied = below.map(({ name }) => removeCgroup(join(path, name)));
    if (emptied.includes(false)) return false;
    rmdirSync(path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return true;
    if (code === 'EBUSY') return false;
    throw error;
  }
}
