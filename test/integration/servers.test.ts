// nginx, PostgreSQL and Redis, Debian's packages, on one network: by name among themselves, through published ports for a client
// outside, their data in volumes over rm and run. The daemon is in a namespace that has an outside. Needs root, debootstrap.
import test from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { serversImage } from '../helpers/debian.ts';
import { call } from '../helpers/http.ts';
import { makeNetns, type Netns } from '../helpers/netns.ts';
import { makeOutside } from '../helpers/network-world.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';

const HOST = '203.0.113.1';
const IMAGE = 'servers:bookworm';

const owner = suiteOwner(test);
let daemon: Daemon;
let outside: Netns;

test.before('the image is made, or had, and loaded', async (t) => {
  t.timeout(600_000);
  const archive = dockerArchive(await serversImage(), [IMAGE]);
  const host = await makeNetns(owner, 'host');
  await host.ok('ip', 'link', 'set', 'lo', 'up');
  outside = await makeOutside(owner, host);
  daemon = await startDaemon(owner, { through: ['nsenter', `--net=${host.path}`] });
  const loaded = await call({ target: daemon.socket, method: 'POST', path: '/images/load', body: archive });
  if (loaded.status !== 200 || /"error"/.test(loaded.text)) throw new Error(`load: ${loaded.status} ${loaded.text}`);
});

interface Server {
  readonly name: string;
  readonly publish: string;
  readonly volume: string;
  readonly user: string;
  readonly command: readonly string[];
}

/** Every volume lies over a directory that the packages filled or gave an owner: both are found in it at the first start. */
const SERVERS: readonly Server[] = [
  {
    name: 'web',
    publish: '8080:80',
    volume: 'pages:/var/www/html',
    user: 'root',
    command: ['nginx', '-g', 'daemon off;'],
  },
  {
    name: 'db',
    publish: '5432:5432',
    volume: 'cluster:/var/lib/postgresql/15/main',
    user: 'postgres',
    command: ['/usr/lib/postgresql/15/bin/postgres', '-c', 'config_file=/etc/postgresql/15/main/postgresql.conf'],
  },
  {
    name: 'cache',
    publish: '6379:6379',
    volume: 'keys:/var/lib/redis',
    user: 'redis',
    command: [
      'redis-server',
      '--bind',
      '*',
      '--protected-mode',
      'no',
      '--dir',
      '/var/lib/redis',
      '--appendonly',
      'yes',
    ],
  },
];

async function startServers(): Promise<void> {
  for (const { name, publish, volume, user, command } of SERVERS) {
    const args = ['--name', name, '--network', 'app', '-p', publish, '-v', volume, '-u', user];
    await daemon.tsker.ok(['run', '-d', ...args, IMAGE, ...command]);
  }
  await waitFor('the servers', async () => {
    const answers = await Promise.all([page('web'), sql('db', 'SELECT 1'), redis('cache', 'PING')]);
    return answers.every(({ code }) => code === 0);
  });
}

/** What a client in container `from` gets, from whoever has the name. */
type Asked = Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;

function inside(from: string, ...argv: string[]): Asked {
  return daemon.tsker.run(['exec', from, 'timeout', '10', ...argv]);
}

/** bash has a client of its own: the image has no other for HTTP. */
function page(from: string): Asked {
  const script = 'exec 3<>/dev/tcp/web/80 && printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3';
  return inside(from, 'bash', '-c', script);
}

function sql(from: string, statement: string): Asked {
  return inside(from, 'psql', '-h', 'db', '-U', 'postgres', '-AtqX', '-c', statement);
}

function redis(from: string, ...words: string[]): Asked {
  return inside(from, 'redis-cli', '-e', '-h', 'cache', ...words);
}

async function answered(asked: Asked): Promise<string> {
  const { code, stdout, stderr } = await asked;
  if (code !== 0) throw new Error(`exit ${code}: ${stdout}${stderr}`);
  return stdout.trim();
}

/** From outside, by the host's address: curl; Debian's psql; a line to Redis and its answer. */
const fromOutside = {
  page: (): Promise<string> => outside.ok('curl', '-sS', '-m', '5', `http://${HOST}:8080/`),
  sql: (statement: string): Promise<string> =>
    outside.ok('psql', '-h', HOST, '-U', 'postgres', '-AtqX', '-c', statement),
  redis: (line: string): Promise<string> =>
    outside.ok('bash', '-c', `exec 3<>/dev/tcp/${HOST}/6379 && printf '${line}\\r\\nQUIT\\r\\n' >&3 && cat <&3`),
};

test.serial('nginx, PostgreSQL and Redis find each other by name, and serve a client outside', async (t) => {
  t.timeout(180_000);
  await daemon.tsker.ok(['network', 'create', 'app']);
  await startServers();
  for (const { name } of SERVERS) {
    t.regex(await answered(page(name)), /Welcome to nginx/, `${name} reads the page`);
    t.is(await answered(sql(name, 'SELECT 6 * 7')), '42', `${name} asks PostgreSQL`);
    t.is(await answered(redis(name, 'PING')), 'PONG', `${name} asks Redis`);
  }
  t.regex(await fromOutside.page(), /Welcome to nginx/);
  t.is(await fromOutside.sql('SELECT 6 * 7'), '42');
  t.regex(await fromOutside.redis('PING'), /^\+PONG/);
});

test.serial('their data are in volumes, over rm and run', async (t) => {
  t.timeout(180_000);
  await fromOutside.sql('CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)');
  t.regex(await fromOutside.redis('SET kept one-thousand'), /^\+OK/);
  await answered(inside('web', 'sh', '-c', 'echo kept >/var/www/html/index.html'));
  // One at a time by its own end, the last two in the middle of what they do.
  await daemon.tsker.ok(['stop', 'web']);
  await daemon.tsker.ok(['rm', '-f', ...SERVERS.map(({ name }) => name)]);
  t.deepEqual((await daemon.tsker.ok(['volume', 'ls', '-q'])).split('\n').sort(), ['cluster', 'keys', 'pages']);
  await startServers();
  t.is(await fromOutside.sql('SELECT count(*), sum(n) FROM kept'), '1000|500500');
  t.regex(await fromOutside.redis('GET kept'), /one-thousand/);
  t.is(await fromOutside.page(), 'kept');
  t.is(await answered(sql('web', 'SELECT count(*) FROM kept')), '1000');
  await daemon.tsker.ok(['rm', '-f', ...SERVERS.map(({ name }) => name)]);
  await daemon.tsker.ok(['volume', 'rm', 'cluster', 'keys', 'pages']);
  await daemon.tsker.ok(['network', 'rm', 'app']);
});
