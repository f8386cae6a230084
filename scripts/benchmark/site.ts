// An engine in a namespace that is its host, with a world outside behind a link: no packet of one engine meets the rules of another.
// nginx, PostgreSQL and Redis run there in containers on one network, behind published ports.
import { dockerArchive } from '../../test/helpers/archive.ts';
import { startDaemon } from '../../test/helpers/daemon.ts';
import { serversImage } from '../../test/helpers/debian.ts';
import type { DockerCli } from '../../test/helpers/docker-cli.ts';
import { call } from '../../test/helpers/http.ts';
import { makeNetns } from '../../test/helpers/netns.ts';
import { makeOutside } from '../../test/helpers/network-world.ts';
import type { Owner } from '../../test/helpers/owner.ts';
import { startDocker } from '../../test/helpers/reference-docker.ts';
import { run } from '../../test/helpers/run.ts';
import { waitFor } from '../../test/helpers/wait.ts';
import { PORTS } from './servers.ts';

const IMAGE = 'servers:latest';
const NETWORK = 'servers';
const POSTGRES = '/usr/lib/postgresql/15/bin';
/** Bytes of the page `/large`. */
const LARGE = 1 << 20;

/** Where a client is: what its command lines start with, and what it calls the host. */
export interface Place {
  readonly enter: readonly string[];
  readonly host: string;
}

export interface Site {
  readonly name: 'tsker' | 'docker';
  /** Rules of the kernel lead from here to the containers. */
  readonly outside: Place;
  /** Only the engine's proxy leads from here. */
  readonly localhost: Place;
}

export async function makeSite(owner: Owner, name: Site['name']): Promise<Site> {
  const host = await makeNetns(owner, 'host');
  await host.ok('ip', 'link', 'set', 'lo', 'up');
  const outside = await makeOutside(owner, host);
  const through = ['nsenter', `--net=${host.path}`];
  const { socket, cli } = await startEngine(owner, name, through);
  const body = dockerArchive(await serversImage(), [IMAGE]);
  const loaded = await call({ target: socket, method: 'POST', path: '/images/load', body });
  if (loaded.status !== 200) throw new Error(`load: ${loaded.status} ${loaded.text}`);
  const localhost = { enter: through, host: '127.0.0.1' };
  await startServers(cli);
  await fill(localhost);
  return { name, localhost, outside: { enter: ['nsenter', `--net=${outside.path}`], host: '203.0.113.1' } };
}

async function startEngine(
  owner: Owner,
  name: Site['name'],
  through: readonly string[],
): Promise<{ readonly socket: string; readonly cli: DockerCli }> {
  if (name === 'docker') return startDocker(owner, { ownNetwork: false, through });
  const { socket, tsker } = await startDaemon(owner, { through });
  return { socket, cli: tsker };
}

async function startServers(cli: DockerCli): Promise<void> {
  await cli.ok(['network', 'create', NETWORK]);
  const start = (publish: string, args: readonly string[], command: readonly string[]): Promise<string> =>
    cli.ok(['run', '-d', '--network', NETWORK, '-p', publish, ...args, IMAGE, ...command]);
  const page = `head -c ${LARGE} /dev/zero >/var/www/html/large && exec nginx -g "daemon off;"`;
  await start(`${PORTS.web}:80`, ['-v', 'pages:/var/www/html'], ['sh', '-c', page]);
  await start(
    `${PORTS.db}:5432`,
    ['-u', 'postgres', '-v', 'cluster:/var/lib/postgresql/15/main'],
    [`${POSTGRES}/postgres`, '-c', 'config_file=/etc/postgresql/15/main/postgresql.conf'],
  );
  await start(
    `${PORTS.cache}:6379`,
    ['-u', 'redis', '-v', 'keys:/var/lib/redis'],
    ['redis-server', '--bind', '*', '--protected-mode', 'no', '--dir', '/var/lib/redis', '--save', ''],
  );
}

/** Tables of pgbench, 75 MB; everybody answers. */
async function fill({ enter, host }: Place): Promise<void> {
  const address = ['-h', host, '-p', String(PORTS.db), '-U', 'postgres'];
  const pgbench = [...enter, `${POSTGRES}/pgbench`, ...address, '-i', '-q', '-s', '5', 'postgres'];
  await waitFor('PostgreSQL', async () => (await run(pgbench)).code === 0, { timeout: 60_000, interval: 500 });
  const page = [...enter, 'curl', '-sf', '-o', '/dev/null', `http://${host}:${PORTS.web}/large`];
  await waitFor('nginx', async () => (await run(page)).code === 0, { timeout: 30_000 });
}
