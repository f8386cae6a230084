// Daemons that cannot start: a clear error, an exit code, no socket, pidfile, bridge or table left, and what they met
// (another daemon, a file in their way) is as it was. Needs root.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Daemon, startDaemon, tskerCommand } from '../helpers/daemon.ts';
import { findTraces } from '../helpers/host.ts';
import { type Owner, suiteOwner } from '../helpers/owner.ts';
import { engineState, leftSince } from '../helpers/residue.ts';
import { ok, run } from '../helpers/run.ts';
import { allotSubnet, randomBridge } from '../helpers/subnet.ts';
import { tempdir } from '../helpers/tempdir.ts';

const suite = suiteOwner(test);
let other: Daemon;

test.before(async () => {
  other = await startDaemon(suite);
});

interface Place {
  readonly base: string;
  readonly root: string;
  readonly bridge: string;
  readonly args: readonly string[];
}

/** Where a daemon could start, if it were not for what the test does. */
function place(owner: Owner): Place {
  const base = tempdir(owner, 'refused');
  const bridge = randomBridge();
  const root = join(base, 'root');
  const args = [
    ...['--data-root', root, '--exec-root', join(base, 'exec'), '--pidfile', join(base, 'pid')],
    ...['-H', `unix://${join(base, 'sock')}`, '--bridge', bridge, '--bip', allotSubnet(owner).bip],
  ];
  return { base, root, bridge, args };
}

interface Refusal {
  readonly args?: readonly string[];
  readonly says: RegExp;
  /** In front of the command. */
  readonly prefix?: readonly string[];
  readonly command?: readonly string[];
}

/** Starts one that has to end by itself, at once; later options win over those of the place. */
async function assertRefused(t: ExecutionContext, here: Place, refusal: Refusal): Promise<void> {
  const { args = [], says, prefix = [], command = tskerCommand() } = refusal;
  const argv = [...prefix, ...command, 'daemon', ...here.args, ...args];
  const { code, stderr, stdout } = await run(argv, { timeout: 60_000 });
  t.log(stderr.trimEnd());
  t.regex(stderr, /^tsker: /);
  t.regex(stderr, says);
  t.notRegex(stderr, /\n\s+at |node:internal|undefined|\[object/);
  t.true(stderr.trimEnd().split('\n').length <= 2, 'one line, and perhaps a hint');
  t.is(stdout, '');
  t.is(code, 1);
  t.deepEqual(await findTraces([here.base, here.bridge]), []);
  t.false(isFile(join(here.base, 'pid')), 'no pidfile');
  t.false(isSocket(join(here.base, 'sock')), 'no socket');
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

const OPTIONS: readonly (readonly [args: string, says: RegExp])[] = [
  ['--frobnicate', /frobnicate/],
  ['extra', /unexpected argument: extra/],
  ['--data-root relative', /--data-root relative: the path must be absolute/],
  ['--bip nonsense', /--bip nonsense: /],
  ['--bip 10.0.0.1', /--bip 10\.0\.0\.1: /],
  ['--bip 10.0.0.0/24', /--bip 10\.0\.0\.0\/24: not the address of a host/],
  ['--bip 300.1.1.1/24', /--bip 300\.1\.1\.1\/24: /],
  ['--bip 10.0.0.1/31', /--bip 10\.0\.0\.1\/31: /],
  ['--bip 127.0.0.1/8', /--bip 127\.0\.0\.1\/8: /],
  ['--bridge abcdefghijklmnop', /--bridge "abcdefghijklmnop": not the name of an interface/],
  ['--bridge a/b', /--bridge "a\/b": not the name of an interface/],
  ['--bridge lo', /interface lo exists and is no bridge/],
  ['--mtu 5', /--mtu 5: /],
  ['--mtu words', /--mtu: a whole number/],
  ['--storage-driver nosuch', /unknown storage driver: nosuch/],
  ['--log-level loud', /loud/],
  ['--group nosuchgroup', /group nosuchgroup does not exist/],
  ['--registry-mirror words', /invalid mirror: "words"/],
  ['--insecure-registry http://x', /insecure registry http:\/\/x/],
  ['--max-concurrent-downloads 0', /--max-concurrent-downloads: /],
  ['-H nosuch://x', /cannot listen on "nosuch:\/\/x"/],
  ['-H unix://relative', /cannot listen on "unix:\/\/relative"/],
  ['-H tcp://0.0.0.0:2375', /without --tlsverify only loopback addresses are served/],
];

for (const [args, says] of OPTIONS) {
  test(`tsker daemon ${args}`, async (t) => {
    await assertRefused(t, place(t), { args: args.split(' '), says });
  });
}

test.serial('a second daemon on the same root', async (t) => {
  const before = await engineState(other);
  const here = place(t);
  const says = new RegExp(`another daemon \\(pid ${other.pid}\\) uses ${other.root}`);
  await assertRefused(t, here, { args: ['--data-root', other.root], says });
  t.is(await other.tsker.ok(['run', '--rm', 'tsker/busybox', 'echo', 'unharmed']), 'unharmed');
  await other.tsker.ok(['rmi', 'tsker/busybox']);
  t.deepEqual(await leftSince(other, before), []);
});

test.serial('a second daemon on the same socket, pidfile, bridge or subnet', async (t) => {
  await assertRefused(t, place(t), { args: ['-H', `unix://${other.socket}`], says: /another process listens there/ });
  await assertRefused(t, place(t), { args: ['--pidfile', other.pidfile], says: /is still running/ });
  await assertRefused(t, place(t), {
    args: ['--bridge', other.bridge],
    says: new RegExp(`bridge ${other.bridge} exists`),
  });
  await assertRefused(t, place(t), { args: ['--bip', other.subnet.bip], says: /the host already uses/ });
  t.is(readFileSync(other.pidfile, 'utf8').trim(), String(other.pid));
  t.is((await other.api('GET', '/_ping')).status, 200);
  t.is(
    await other.tsker
      .ok(['run', '--rm', 'tsker/busybox', 'ip', '-o', '-4', 'route', 'show', 'default'])
      .then((line) => line.split(' ')[2]),
    other.subnet.gateway,
  );
});

test('a daemon without root', async (t) => {
  const here = place(t);
  const { command, directory } = forEverybody(t);
  chmodSync(here.base, 0o755);
  const prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  await assertRefused(t, here, { prefix, command, says: /daemon needs root/ });
  t.false(existsSync(here.root));
  t.true(existsSync(directory));
});

/** The single file may lie where nobody but root can go. */
function forEverybody(t: ExecutionContext): { command: readonly string[]; directory: string } {
  const directory = tempdir(t, 'everybody');
  chmodSync(directory, 0o755);
  const [file = '', ...rest] = tskerCommand();
  if (rest.length > 0) return { command: [file, ...rest], directory };
  copyFileSync(file, join(directory, 'tsker'));
  chmodSync(join(directory, 'tsker'), 0o755);
  return { command: [join(directory, 'tsker')], directory };
}

const DAMAGED: Readonly<Record<string, Buffer>> = {
  'that holds words': Buffer.from(
    'garbage, but more of it than the header of a database is long: it is a hundred bytes.'.repeat(3),
  ),
  'whose pages are rubbish': Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(20_000, 0x5a)]),
};

for (const [what, content] of Object.entries(DAMAGED)) {
  test(`a database file ${what}`, async (t) => {
    const here = place(t);
    mkdirSync(here.root);
    const path = join(here.root, 'tsker.db');
    writeFileSync(path, content);
    await assertRefused(t, here, { says: new RegExp(`cannot open the database ${path}: `) });
    t.deepEqual(readFileSync(path), content, 'it is left for whoever can repair it');
  });
}

test('a database that was cut off', async (t) => {
  const here = place(t);
  const owner = innerOwner();
  const daemon = await startDaemon(owner, { root: here.root });
  await daemon.tsker.ok(['run', '--rm', 'tsker/busybox', 'true']);
  await owner.end();
  const path = join(here.root, 'tsker.db');
  const half = readFileSync(path).subarray(0, 20_000);
  writeFileSync(path, half);
  await assertRefused(t, here, { says: new RegExp(`cannot open the database ${path}: `) });
});

test('a database of a newer tsker', async (t) => {
  const here = place(t);
  mkdirSync(here.root);
  const path = join(here.root, 'tsker.db');
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 4711');
  db.close();
  await assertRefused(t, here, { says: /was written by a newer tsker \(schema 4711/ });
});

test('a socket path that is too long for the kernel', async (t) => {
  const here = place(t);
  const socket = join(here.base, 'x'.repeat(120));
  await assertRefused(t, here, { args: ['-H', `unix://${socket}`], says: /too long.*10[78]|10[78].*too long/ });
});

test('a socket path with a file in its place', async (t) => {
  const here = place(t);
  const path = join(here.base, 'sock');
  writeFileSync(path, 'mine');
  await assertRefused(t, here, { says: /cannot listen on .*sock: it exists and is no socket/ });
  t.is(readFileSync(path, 'utf8'), 'mine');
});

test('a socket of a program that is no daemon', async (t) => {
  const here = place(t);
  const server = createServer().listen(join(here.base, 'other'));
  t.teardown(() => void server.close());
  await assertRefused(t, here, {
    args: ['-H', `unix://${join(here.base, 'other')}`],
    says: /another process listens there/,
  });
});

const IN_THE_WAY: readonly (readonly [what: string, option: string, make: (path: string) => void, says: RegExp])[] = [
  ['a data root that is a file', '--data-root', (path) => writeFileSync(path, ''), /--data-root|not a directory/],
  ['an exec root that is a file', '--exec-root', (path) => writeFileSync(path, ''), /--exec-root|not a directory/],
  ['a pidfile that is a directory', '--pidfile', (path) => mkdirSync(path), /pidfile|directory/],
  ['a data root that is a dangling link', '--data-root', (path) => symlinkSync('/nosuch/target', path), /target|exist/],
];

for (const [what, option, make, says] of IN_THE_WAY) {
  test(what, async (t) => {
    const here = place(t);
    const path = join(here.base, 'in-the-way');
    make(path);
    // The path is what the user has to look at.
    await assertRefused(t, here, { args: [option, path], says: new RegExp(`(${says.source})[^]*`) });
    const { stderr } = await run([...tskerCommand(), 'daemon', ...here.args, option, path], { timeout: 60_000 });
    t.regex(stderr, /in-the-way/);
  });
}

test('a data root on a file system that is read-only', async (t) => {
  const here = place(t);
  mkdirSync(here.root);
  await ok(['mount', '-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', here.root]);
  const { code, stderr } = await run([...tskerCommand(), 'daemon', ...here.args], { timeout: 60_000 });
  t.is(code, 1);
  t.regex(stderr, /^tsker: .*read-only/i);
  t.regex(stderr, new RegExp(here.root));
  t.false(isSocket(join(here.base, 'sock')));
  t.false(isFile(join(here.base, 'pid')));
});

test('a data root on a file system that is full', async (t) => {
  const here = place(t);
  mkdirSync(here.root);
  await ok(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', here.root]);
  const { code, stderr } = await run([...tskerCommand(), 'daemon', ...here.args], { timeout: 60_000 });
  t.is(code, 1);
  t.regex(stderr, /^tsker: .*(full|no space)/i);
  t.false(isSocket(join(here.base, 'sock')));
  t.false(isFile(join(here.base, 'pid')));
});

// Node's recursive mkdir never ends where the kernel says ENOENT for a directory that exists.
test('a data root below /proc', async (t) => {
  const here = place(t);
  await assertRefused(t, here, { args: ['--data-root', '/proc/nosuch/root'], says: /\/proc\/nosuch/ });
});

function innerOwner(): Owner & { end(): Promise<void> } {
  const stack: (() => void | Promise<void>)[] = [];
  return {
    teardown: (fn) => void stack.push(fn),
    async end() {
      for (let fn = stack.pop(); fn !== undefined; fn = stack.pop()) await fn();
    },
  };
}
