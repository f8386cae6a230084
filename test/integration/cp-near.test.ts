// cp and export by tsker's client on the daemon's machine, which has the daemon read and write the files itself: what
// comes to be is to the byte what comes of the streams, which a client with other mounts sends and takes (root).
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { noise } from '../helpers/noise.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startBackground } from '../helpers/process.ts';
import { ok, type RunResult, run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, runToEnd, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
const daemon = startWithBusybox(suite);

const OWN_ROUTE = /http:\/\/tsker\/tsker\/containers\//;
const TAKEN_STREAM = /-X GET .*http:\/\/tsker\/containers\/\w+\/archive/;
const STREAM = /-X PUT .*http:\/\/tsker\/containers\/\w+\/archive/;

type Engine = Awaited<typeof daemon>;

const near = ({ tsker }: Engine, args: readonly string[]): Promise<RunResult> => tsker.run(args);
/** The same files by the same paths, in a mount namespace of its own. */
const sent = ({ tsker }: Engine, args: readonly string[]): Promise<RunResult> =>
  run(['unshare', '-m', '--propagation', 'unchanged', ...tsker.path.split(' '), ...args], { env: tsker.env });

async function writeTree(here: string): Promise<void> {
  const tree = join(here, 'tree');
  mkdirSync(join(tree, 'deep', 'n'.repeat(120)), { recursive: true });
  mkdirSync(join(tree, 'empty'), { mode: 0o700 });
  writeFileSync(join(tree, 'deep', 'n'.repeat(120), 'ü'), 'one');
  writeFileSync(join(tree, 'large'), noise('large', 700_000));
  writeFileSync(join(tree, 'nothing'), '');
  writeFileSync(join(tree, 'sparse'), 'begin');
  truncateSync(join(tree, 'sparse'), 3_000_000);
  writeFileSync(join(tree, 'owned'), 'owned');
  chownSync(join(tree, 'owned'), 1234, 4321);
  chmodSync(join(tree, 'owned'), 0o4751);
  linkSync(join(tree, 'owned'), join(tree, 'second name'));
  symlinkSync('owned', join(tree, 'link'));
  symlinkSync('/nowhere', join(tree, 'dangling'));
  await ok(['mkfifo', join(tree, 'pipe')]);
  utimesSync(join(tree, 'nothing'), 1_000_000_000, 1_000_000_001.5);
  symlinkSync('tree', join(here, 'to-tree'));
  symlinkSync('tree/owned', join(here, 'to-file'));
}

/** SOURCE TARGET, with flags; what is copied to is a new container each time. */
const COPIES = [
  ['tree', '/new'],
  ['tree', '/bin'],
  ['tree/.', '/new'],
  ['-a', 'tree', '/new'],
  ['tree/owned', '/new'],
  ['to-tree/', '/'],
  ['-L', 'to-tree', '/'],
  ['-L', 'to-file', '/new'],
  ['tree/dangling', '/'],
  ['tree', '/bin/busybox'],
  ['tree/pipe', '/'],
] as const;
/** Where it may be then; the times of the directories around it are those of the copy. */
const FOUND = ['/new', '/bin/tree', '/tree', '/to-tree', '/to-file', '/dangling', '/bin/busybox', '/pipe'];

test('what the daemon packs itself is what a stream makes of it', async (t) => {
  const engine = await daemon;
  const here = tempdir(t, 'near');
  await writeTree(here);
  for (const words of COPIES) {
    const [target = '', source = '', ...flags] = words.toReversed();
    const outcomes = [];
    for (const copy of [near, sent]) {
      const id = await create(engine, { Cmd: ['true'], User: '1000:1001' });
      const { code, stderr } = await copy(engine, ['cp', ...flags, join(here, source), `${id}:${target}`]);
      const found = await Promise.all(FOUND.map((path) => engine.api('GET', `/containers/${id}/archive?path=${path}`)));
      const files = found.map(({ status, text }) => (status === 200 ? text : status));
      outcomes.push({ code, said: stderr.replaceAll(id, 'C'), files });
      await engine.tsker.ok(['rm', id]);
    }
    t.deepEqual(outcomes[0], outcomes[1], words.join(' '));
  }
});

test('who sees the same files asks the daemon to pack them; others, and archives, send', async (t) => {
  const engine = await daemon;
  const here = tempdir(t, 'near');
  writeFileSync(join(here, 'file'), 'content');
  const id = await create(engine, { Cmd: ['true'] });
  const words = ['--show-api', 'cp', join(here, 'file'), `${id}:/`];
  const asked = await near(engine, words);
  t.is(asked.code, 0, asked.stderr);
  t.regex(asked.stderr, OWN_ROUTE);
  t.notRegex(asked.stderr, STREAM);
  const powerless = ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'];
  // The same root by another mount.
  const elsewhere = 'mount --rbind / /mnt && exec chroot /mnt "$@"';
  const rooted = ['unshare', '-m', 'sh', '-c', elsewhere, 'sh'];
  for (const wrapper of [powerless, rooted]) {
    const other = await run([...wrapper, ...engine.tsker.path.split(' '), ...words], { env: engine.tsker.env });
    t.is(other.code, 0, other.stderr);
    t.regex(other.stderr, STREAM);
  }
  const other = await sent(engine, words);
  t.is(other.code, 0, other.stderr);
  t.regex(other.stderr, STREAM);
  const out = ['--show-api', 'cp', `${id}:/file`];
  t.regex((await near(engine, [...out, join(here, 'out-1')])).stderr, OWN_ROUTE);
  t.regex((await sent(engine, [...out, join(here, 'out-2')])).stderr, TAKEN_STREAM);
  t.notRegex((await near(engine, [...out, '-'])).stderr, OWN_ROUTE);
  const tar = await run(['tar', '-C', here, '-c', 'file']);
  const piped = await engine.tsker.run(['--show-api', 'cp', '-', `${id}:/tmp`], { input: tar.bytes });
  t.is(piped.code, 0, piped.stderr);
  t.notRegex(piped.stderr, OWN_ROUTE);
});

const PREPARE = [
  'mkdir -p /d/sub /d/gone && cd /d && echo one >f && echo two >sub/g && ln f sub/hard && ln -s f lf && ln -s sub ls && ln -s /none dangling',
  'chmod 6751 f && chmod 1770 sub && chown -R 1000:1001 sub && touch -d @1000000000 f sub gone && head -c 300000 /dev/zero >large',
  'mkdir /odd && echo x >/odd/a && mkfifo /odd/pipe && ln -s /d /ld',
].join('; ');

/** Flags and SOURCE TARGET, each into a directory with `there/`, a link `link` to it, a file `file`, and `taken/f/` which is one. */
const TAKEN = [
  ['/d', 'new'],
  ['/d', 'there'],
  ['/d/.', 'there'],
  ['/d/.', 'new'],
  ['/d/f', 'new'],
  ['/d/f', 'there'],
  ['/d/f', 'file'],
  ['/d/f', 'link'],
  ['/d', 'file'],
  ['/d/.', 'taken'],
  ['-L', '/d/lf', 'new'],
  ['/d/dangling', 'new'],
  ['/ld/', 'new'],
  ['-L', '/ld', 'new'],
  ['/odd', 'new'],
  ['/odd/pipe', 'new'],
] as const;

/** All of a tree: kinds, modes, owners, links, content, and the times of what is no link. */
async function listed(directory: string): Promise<string> {
  const times = String.raw`find . \( -type l -printf '%p %y %l\n' -o -printf '%p %y %m %U:%G %n %s %Ts\n' \) | sort`;
  const text = await ok(['sh', '-c', `${times}; find . -type f -exec sha256sum {} + | sort`], { cwd: directory });
  // The directory itself, and what was made in it by the test, have their own times.
  return text.replace(/^(\.|\.\/(there|taken|taken\/f|file)) (.*) \d+$/gm, '$1 $3');
}

test('what the daemon unpacks itself is what the client makes of a stream', async (t) => {
  const engine = await daemon;
  const { id } = await runToEnd(engine, { Cmd: ['sh', '-c', PREPARE] });
  for (const words of TAKEN) {
    const [target = '', source = '', ...flags] = words.toReversed();
    const outcomes = [];
    for (const copy of [near, sent]) {
      const here = tempdir(t, 'near');
      mkdirSync(join(here, 'there'));
      mkdirSync(join(here, 'taken/f'), { recursive: true });
      writeFileSync(join(here, 'file'), 'before');
      symlinkSync('there', join(here, 'link'));
      const { code, stderr } = await copy(engine, ['cp', ...flags, `${id}:${source}`, join(here, target)]);
      outcomes.push({ code, said: stderr.replaceAll(here, 'HERE'), files: await listed(here) });
    }
    t.deepEqual(outcomes[0], outcomes[1], words.join(' '));
  }
});

test('an exported file is what is streamed, made by the client', async (t) => {
  const engine = await daemon;
  const here = tempdir(t, 'near');
  const id = await create(engine, { Cmd: ['true'] });
  writeFileSync(join(here, 'large'), noise('exported', 700_000));
  await engine.tsker.ok(['cp', join(here, 'large'), `${id}:/`]);
  const asked = await near(engine, ['--show-api', 'export', '-o', join(here, 'near.tar'), id]);
  t.regex(asked.stderr, OWN_ROUTE);
  const piped = await engine.tsker.run(['export', id]);
  t.deepEqual(readFileSync(join(here, 'near.tar')), piped.bytes);
  t.is(statSync(join(here, 'near.tar')).mode & 0o7777, 0o600);
  t.deepEqual(readdirSync(here), ['large', 'near.tar']);
  const nobody = await engine.tsker.run(['export', '-o', join(here, 'none.tar'), 'nosuch']);
  t.deepEqual([nobody.code, nobody.stderr], [1, 'tsker: No such container: nosuch\n']);
  t.deepEqual(readdirSync(here), ['large', 'near.tar']);
});

test('a file that the client has not just made is not written to', async (t) => {
  const engine = await daemon;
  const path = join(tempdir(t, 'near'), 'file');
  writeFileSync(path, 'content');
  const id = await create(engine, { Cmd: ['true'] });
  const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
  const identity = { Path: path, Device: `${dev}`, Inode: `${ino}`, Size: `${size}`, Modified: `${mtimeNs - 1n}` };
  t.is((await engine.api('POST', `/tsker/containers/${id}/export`, identity)).status, 404);
  t.is(readFileSync(path, 'utf8'), 'content');
});

test('what the daemon cannot pack the client packs, or says what is wrong with it', async (t) => {
  const engine = await daemon;
  const here = tempdir(t, 'near');
  mkdirSync(join(here, 'tree/kernel'), { recursive: true });
  writeFileSync(join(here, 'tree/file'), 'content');
  await ok(['mount', '-t', 'mqueue', 'none', join(here, 'tree/kernel')]);
  t.teardown(() => ok(['umount', join(here, 'tree/kernel')]).then(() => undefined));
  const id = await create(engine, { Cmd: ['true'] });
  const { stderr } = await near(engine, ['--show-api', 'cp', join(here, 'tree'), `${id}:/`]);
  t.regex(stderr, OWN_ROUTE);
  t.regex(stderr, STREAM);
});

test('an interrupted copy ends in the daemon too', async (t) => {
  const engine = await daemon;
  const here = tempdir(t, 'near');
  const path = join(here, 'endless');
  writeFileSync(path, '');
  truncateSync(path, 2 ** 40);
  const id = await create(engine, { Cmd: ['true'] });
  const { GraphDriver } = (await engine.api('GET', `/containers/${id}/json`)).json<{
    GraphDriver: { Data: { UpperDir: string } };
  }>();
  const copied = join(GraphDriver.Data.UpperDir, 'endless');
  const argv = [...engine.tsker.path.split(' '), 'cp', path, `${id}:/`];
  const copy = startBackground(argv, { log: join(here, 'log'), env: { ...process.env, ...engine.tsker.env } });
  await waitFor('something of it in the container', () => existsSync(copied) && statSync(copied).size > 0);
  copy.signal('SIGINT');
  // A start waits for who writes into the container.
  t.is((await engine.api('POST', `/containers/${id}/start`)).status, 204);
  const { size } = statSync(copied);
  t.true(size < 2 ** 40, `${size}`);
  await waitFor('the end of the client', () => copy.exitCode() !== undefined);
  t.is((await engine.api('DELETE', `/containers/${id}?force=1`)).status, 204);
});

test('a file that is another one by now, or is not there, is not taken', async (t) => {
  const engine = await daemon;
  const here = tempdir(t, 'near');
  const path = join(here, 'file');
  writeFileSync(path, 'content');
  const id = await create(engine, { Cmd: ['true'] });
  const tree = { Path: path, Device: '1', Inode: '2', Size: '7', Modified: '0', Name: 'file', View: 'another' };
  const put = (body: object) => engine.api('PUT', `/tsker/containers/${id}/archive?path=/`, body);
  t.is((await put(tree)).status, 404);
  rmSync(path);
  t.is((await put(tree)).status, 404);
  t.is((await put({ ...tree, Name: '../file' })).status, 400);
  t.deepEqual(await engine.api('GET', `/containers/${id}/changes`).then((one) => one.json<unknown>()), []);
});
