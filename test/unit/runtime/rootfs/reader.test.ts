// On real directories, laid out as overlay keeps them; nothing is mounted.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import type { RootfsMount } from '../../../../src/graphdriver/driver.ts';
import { RootCache } from '../../../../src/runtime/rootfs/cache.ts';
import { RootReader } from '../../../../src/runtime/rootfs/reader.ts';
import { stackOf } from '../../../../src/runtime/rootfs/stack.ts';

/** Files by path: text, `-> link`, `dir/`, or null for a whiteout. */
type Tree = Readonly<Record<string, string | null>>;

function plant(root: string, tree: Tree): void {
  for (const [path, content] of Object.entries(tree)) {
    const full = join(root, path);
    mkdirSync(path.endsWith('/') ? full : dirname(full), { recursive: true });
    if (content === null) execFileSync('mknod', [full, 'c', '0', '0']);
    else if (content.startsWith('-> ')) symlinkSync(content.slice(3), full);
    else if (!path.endsWith('/')) writeFileSync(full, content);
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'tsker-test-reader-'));
test.after.always('remove the trees', () => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

/** Layers from the top; the first is the upper directory. */
function overlay(...layers: Tree[]): RootfsMount {
  const base = join(scratch, String(count++));
  for (const [index, tree] of layers.entries()) {
    mkdirSync(join(base, String(index)), { recursive: true });
    plant(join(base, String(index)), tree);
  }
  const lowers = layers.slice(1).map((_, index) => String(index + 1));
  return {
    type: 'overlay',
    source: 'overlay',
    cwd: base,
    options: [`lowerdir=${lowers.join(':')}`, `upperdir=${base}/0`],
  };
}

function read(rootfs: RootfsMount, path: string): string | undefined {
  using reader = new RootReader(rootfs);
  return reader.readText(path);
}

test('the topmost file wins, directories are merged', (t) => {
  const rootfs = overlay({ 'etc/a': 'upper' }, { 'etc/a': 'lower', 'etc/b': 'lower' }, { 'etc/c': 'bottom' });
  t.deepEqual(
    ['/etc/a', '/etc/b', '/etc/c', 'etc/c', '/etc/../etc//c', '/etc/d'].map((path) => read(rootfs, path)),
    ['upper', 'lower', 'bottom', 'bottom', 'bottom', undefined],
  );
  using reader = new RootReader(rootfs);
  t.deepEqual(reader.list('/etc').sort(), ['a', 'b', 'c']);
});

test('whiteouts hide files and directories, and what hides a directory ends the merge', (t) => {
  const rootfs = overlay(
    { 'etc/a': null, var: null, 'opt/x': 'u' },
    { 'etc/a': 'l', 'var/v': 'l', opt: 'a file' },
    { 'opt/y': 'l' },
  );
  t.is(read(rootfs, '/etc/a'), undefined);
  t.is(read(rootfs, '/var/v'), undefined);
  t.is(read(rootfs, '/opt/x'), 'u');
  t.is(read(rootfs, '/opt/y'), undefined);
  using reader = new RootReader(rootfs);
  t.deepEqual(reader.list('/etc'), []);
});

test('an opaque directory hides what is below it', (t) => {
  const rootfs = overlay({ 'etc/a': 'u' }, { 'etc/b': 'l' });
  using reader = new RootReader(rootfs, () => true);
  t.is(reader.readText('/etc/b'), undefined);
  t.is(reader.readText('/etc/a'), 'u');
});

test('links are resolved inside the root, through layers', (t) => {
  const rootfs = overlay(
    { 'link/passwd': '-> ../../../../etc/passwd', 'a/b/rel': '-> ../c/file', abs: '-> /a/c/file', dir: '-> a/c' },
    { 'etc/passwd': 'inside', 'a/c/file': 'lower', chain: '-> dir' },
  );
  t.is(read(rootfs, '/link/passwd'), 'inside');
  t.is(read(rootfs, '/a/b/rel'), 'lower');
  t.is(read(rootfs, '/abs'), 'lower');
  t.is(read(rootfs, '/chain/file'), 'lower');
  t.is(read(rootfs, '/chain/../b/rel'), 'lower');
  using reader = new RootReader(rootfs);
  t.is(reader.stat('/chain')?.path, '/a/c');
  t.true(reader.lstat('/chain')?.isSymbolicLink());
  t.true(reader.stat('/')?.stats.isDirectory() ?? true);
});

test('links that never end, and paths below files, lead nowhere', (t) => {
  const rootfs = overlay({ x: '-> y', y: '-> x', file: 'f', self: '-> self/self' });
  for (const path of ['/x', '/self', '/file/below', '/missing/x']) t.is(read(rootfs, path), undefined);
});

test('only regular files are read, and no pipe is waited for', (t) => {
  const rootfs = overlay({ 'etc/': '', big: 'x'.repeat(100) });
  execFileSync('mkfifo', [join(rootfs.cwd ?? '', '0/pipe')]);
  t.is(read(rootfs, '/pipe'), undefined);
  t.is(read(rootfs, '/etc'), undefined);
  using reader = new RootReader(rootfs);
  t.is(reader.read('/big', 10)?.length, 10);
});

test('a bind root is one directory', (t) => {
  const rootfs = overlay({ 'etc/a': 'x' });
  t.is(read({ type: 'bind', source: join(rootfs.cwd ?? '', '0'), options: [] }, '/etc/a'), 'x');
});

test('the stack is read from the mount options, escapes undone', (t) => {
  t.deepEqual(
    stackOf({ type: 'overlay', source: 'o', cwd: '/l', options: ['lowerdir=a\\:b:c', 'upperdir=/u\\,p', 'index=off'] }),
    {
      upper: '/u,p',
      lowers: ['/l/a:b', '/l/c'],
    },
  );
  t.deepEqual(stackOf({ type: 'overlay', source: 'o', options: ['lowerdir=/a:/b,ro'] }), {
    upper: undefined,
    lowers: ['/a', '/b'],
  });
  t.throws(() => stackOf({ type: 'overlay', source: 'o', options: [] }));
});

test('what a chain says is remembered until the upper directory has something there', (t) => {
  const rootfs = overlay({}, { 'etc/passwd': 'lower' });
  const cache = new RootCache(() => false);
  let reads = 0;
  const passwd = (): string | undefined =>
    cache.get(rootfs, 'passwd', (reader) => {
      reads++;
      return reader.readText('/etc/passwd');
    });
  t.deepEqual([passwd(), passwd(), reads], ['lower', 'lower', 1]);
  plant(join(rootfs.cwd ?? '', '0'), { 'etc/passwd': 'upper' });
  t.deepEqual([passwd(), passwd(), reads], ['upper', 'upper', 3]);
});

test('a missing file is remembered as missing until the upper directory has it', (t) => {
  const rootfs = overlay({}, { x: '' });
  const cache = new RootCache(() => false);
  const get = (): string | undefined => cache.get(rootfs, 'f', (reader) => reader.readText('/f'));
  t.is(get(), undefined);
  plant(join(rootfs.cwd ?? '', '0'), { f: 'now' });
  t.is(get(), 'now');
});
