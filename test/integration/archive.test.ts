// Archives of trees against what others make of them: GNU tar and Python's tarfile read what is packed and write what is
// placed, file by file with all metadata (root, tar, python3).
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  openPath,
  packChanges,
  packLayerDiff,
  packPath,
  packTree,
  placeTree,
  statPath,
} from '../../src/layer/archive.ts';
import type { PackResult } from '../../src/native/archive-requests.ts';
import { O_DIRECTORY, O_PATH, O_RDONLY } from '../../src/native/linux.ts';
import { contents, readTree, type Tree } from '../conformance/tree.ts';
import { openNative, readAll } from '../helpers/native.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';

const native = openNative();
const suite = suiteOwner(test);
const PYTHON = '/usr/bin/python3';
const FIXTURES = join(import.meta.dirname, '../fixtures/layer');

const source = makeRichTree();

async function makeRichTree(): Promise<{ path: string; tree: Tree }> {
  const path = tempdir(suite, 'rich');
  await ok([PYTHON, join(FIXTURES, 'rich_tree.py'), path]);
  return { path, tree: await readTree(path) };
}

function openDirectory(t: ExecutionContext, path: string): number {
  const fd = native.open(path, O_PATH | O_DIRECTORY);
  t.teardown(() => native.close(fd));
  return fd;
}

async function packed(t: ExecutionContext, path: string, digest = false): Promise<{ tar: Buffer; result: PackResult }> {
  const { fd, finished } = packTree(native, openDirectory(t, path), { digest });
  const tar = await readAll(fd);
  return { tar, result: await finished };
}

/** What of a tree an archive holds. */
function archived(tree: Tree): Tree {
  const kept = Object.entries(tree).filter(([, { kind }]) => kind !== 'socket');
  return Object.fromEntries(
    kept.map(([name, entry]) => {
      const xattrs = Object.entries(entry.xattrs).filter(([key]) => /^(user\.|security\.capability)/.test(key));
      return [name, { ...entry, blocks: 0, xattrs: Object.fromEntries(xattrs) }];
    }),
  );
}

test('GNU tar gets back what was packed', async (t) => {
  const { path, tree } = await source;
  const { tar, result } = await packed(t, path);
  const target = tempdir(t, 'gnu');
  await ok(['tar', '-xp', '--numeric-owner', '--xattrs', '--xattrs-include=*', '-C', target], { input: tar });
  t.deepEqual(archived(await readTree(target)), archived(tree));
  t.is(result.bytes, tar.length);
  t.is(result.entries, Object.keys(archived(tree)).length);
  t.is(result.skipped, 1);
});

test("Python's tarfile reads what was packed", async (t) => {
  const { path, tree } = await source;
  const { tar } = await packed(t, path);
  const file = join(tempdir(t, 'python'), 'archive');
  writeFileSync(file, tar);
  const program = [
    'import json,sys,tarfile',
    'archive = tarfile.open(sys.argv[1], errors="surrogateescape")',
    'print(json.dumps({m.name: [m.type.decode(), oct(m.mode), m.uid, m.gid, m.size, m.mtime, m.linkname] for m in archive}))',
  ];
  const members = JSON.parse(await ok([PYTHON, '-c', program.join('\n'), file])) as Record<string, unknown[]>;
  t.is(Object.keys(members).length, Object.keys(archived(tree)).length);
  t.deepEqual(members['setuid'], ['0', '0o6755', 0, 0, 1000, 1_500_000_000, '']);
  t.deepEqual(members['big-ids']?.slice(2, 4), [3_000_000, 4_000_000_000]);
  t.is(members['old']?.[5], -86_400);
  t.is(members['late']?.[5], 2 ** 33 + 1);
  t.is(members['d/hard']?.[6], 'another');
});

test('a placed archive is the tree again, whoever packed it', async (t) => {
  const { path, tree } = await source;
  const ours = (await packed(t, path)).tar;
  const gnu = await ok(['sh', '-c', 'tar -c --format=posix --xattrs --sort=name -C "$1" . | base64 -w0', 'sh', path]);
  const sparse = await ok(['sh', '-c', 'tar -cSz --format=gnu -C "$1" . | base64 -w0', 'sh', path]);
  for (const [what, tar] of [
    ['ours', ours],
    ['GNU tar, pax', Buffer.from(gnu, 'base64')],
    ['GNU tar, sparse, gzip', Buffer.from(sparse, 'base64')],
  ] as const) {
    const target = tempdir(t, 'place');
    const archive = join(target, 'archive');
    writeFileSync(archive, tar);
    mkdirSync(join(target, 'root/into'), { recursive: true });
    const root = openDirectory(t, join(target, 'root'));
    await placeTree(native, { root, path: '/into', fd: native.open(archive, O_RDONLY) });
    const placed = archived(await readTree(join(target, 'root/into')));
    t.deepEqual(withoutXattrs(what, placed), withoutXattrs(what, archived(tree)), what);
  }
});

/** GNU's own format has none, and its pax form of these names is its own too. */
function withoutXattrs(what: string, tree: Tree): Tree {
  if (what === 'ours') return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, entry]) => [name, { ...entry, xattrs: {} }]));
}

test('the same tree gives the same digest, wherever it lies', async (t) => {
  const { path } = await source;
  const first = await packed(t, path, true);
  const copy = tempdir(t, 'copy');
  await ok(['cp', '-a', `${path}/.`, copy]);
  const second = await packed(t, copy, true);
  t.is(first.result.digest, `sha256:${createHash('sha256').update(first.tar).digest('hex')}`);
  t.is(second.result.digest, first.result.digest);
});

test('a path is packed under its own name', async (t) => {
  const { path } = await source;
  const root = openDirectory(t, path);
  for (const [request, name, entries] of [
    ['/d/plain', 'plain', ['plain']],
    ['d/sub', 'sub', ['sub/']],
    ['/d/sub/.', '.', ['./']],
    ['/absolute', 'absolute', ['absolute']],
  ] as const) {
    const opened = await openPath(native, { root, path: request });
    t.is(opened.stat.name, name);
    const { fd, finished } = packPath(native, opened);
    const list = await ok(['tar', '-t'], { input: await readAll(fd) });
    await finished;
    opened.close();
    t.deepEqual(list.split('\n'), entries);
  }
});

test('a path that was opened stays what it was', async (t) => {
  const directory = tempdir(t, 'opened');
  writeFileSync(join(directory, 'file'), 'first');
  const root = openDirectory(t, directory);
  const opened = await openPath(native, { root, path: '/file' });
  await ok(['sh', '-c', 'cd "$1" && mv file moved && ln -s /etc/passwd file', 'sh', directory]);
  const { fd, finished } = packPath(native, opened);
  const content = await ok(['tar', '-xO'], { input: await readAll(fd) });
  await finished;
  opened.close();
  t.is(content, 'first');
});

test('a stat says where a link leads, and what is missing', async (t) => {
  const directory = tempdir(t, 'stat');
  mkdirSync(join(directory, 'real'));
  writeFileSync(join(directory, 'real/file'), 'four');
  symlinkSync('../../real', join(directory, 'real/up'));
  symlinkSync('/real/up/file', join(directory, 'link'));
  const root = openDirectory(t, directory);
  t.like(await statPath(native, { root, path: '/link' }), { name: 'link', linkTarget: '/real/file' });
  t.like(await statPath(native, { root, path: '/real/up/' }), { name: 'up', linkTarget: '' });
  t.like(await statPath(native, { root, path: '/real/file' }), {
    size: 4,
    mode: statSync(join(directory, 'real/file')).mode & 0o777,
  });
  const missing = await t.throwsAsync(statPath(native, { root, path: '/real/nothing' }));
  t.like(missing, { name: 'ArchiveError', code: 'not_found', reason: 'path_not_found', errno: 'ENOENT' });
  const below = await t.throwsAsync(statPath(native, { root, path: '/real/file/x' }));
  t.like(below, { code: 'invalid', reason: 'not_a_directory' });
});

test('an overlay upper directory becomes a layer with whiteouts', async (t) => {
  const directory = tempdir(t, 'overlay');
  const paths = ['lower', 'upper', 'work', 'merged'].map((name) => join(directory, name));
  for (const path of paths) mkdirSync(path);
  const [lower = '', upper = '', work = '', merged = ''] = paths;
  await ok(['sh', '-c', 'cd "$1" && mkdir -p dir/old gone && : >dir/file && : >deleted && : >kept', 'sh', lower]);
  await ok(['mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, merged]);
  const script = 'cd "$1" && rm -r deleted gone dir && mkdir dir && echo 1 >dir/new && echo 2 >added && chmod 600 kept';
  await ok(['sh', '-c', script, 'sh', merged]);
  await ok(['umount', merged]);
  const { fd, finished } = packLayerDiff(native, openDirectory(t, upper));
  const tar = await readAll(fd);
  const result = await finished;
  const names = (await ok(['tar', '-t'], { input: tar })).split('\n');
  t.deepEqual(names, ['added', '.wh.deleted', 'dir/', 'dir/.wh..wh..opq', 'dir/new', '.wh.gone', 'kept']);
  t.is(result.digest, `sha256:${createHash('sha256').update(tar).digest('hex')}`);
  t.false(tar.includes('trusted.overlay'));
});

test('a list of changes becomes a layer', async (t) => {
  const { path } = await source;
  const changes = [
    { path: '/d', kind: 'modified' },
    { path: '/d/gone', kind: 'deleted' },
    { path: '/d/plain', kind: 'added' },
    { path: '/bytes\xff\xfe', kind: 'added' },
  ] as const;
  const { fd, finished } = packChanges(native, { root: openDirectory(t, path), changes });
  const tar = await readAll(fd);
  const names = (await ok(['tar', '-t', '--quoting-style=escape'], { input: tar })).split('\n');
  t.deepEqual(names, ['d/', 'd/.wh.gone', 'd/plain', 'bytes\\377\\376']);
  t.is((await finished).digest, `sha256:${createHash('sha256').update(tar).digest('hex')}`);
  const nothing = packChanges(native, { root: openDirectory(t, path), changes: [] });
  t.is((await readAll(nothing.fd)).length, 1024);
  await t.throwsAsync(packChanges(native, { root: -1, changes: [] }).finished, { message: /EBADF/ });
});

test('an archive that fails says why', async (t) => {
  const directory = tempdir(t, 'fails');
  mkdirSync(join(directory, 'dir'));
  writeFileSync(join(directory, 'file'), '');
  const root = openDirectory(t, directory);
  const place = (entries: Parameters<typeof makeTar>[0], path = '/'): Promise<unknown> => {
    const archive = join(mkdtempSync(join(directory, 'archive-')), 'tar');
    writeFileSync(archive, makeTar(entries));
    return placeTree(native, { root, path, fd: native.open(archive, O_RDONLY), noOverwriteDirNonDir: true });
  };
  t.like(await t.throwsAsync(place([{ path: 'dir' }])), {
    reason: 'directory_in_the_way',
    code: 'invalid',
    message: 'cannot overwrite directory "/dir" with non-directory "/"',
  });
  t.like(await t.throwsAsync(place([{ path: 'file', type: 'directory' }])), {
    reason: 'file_in_the_way',
    message: 'cannot overwrite non-directory "/file" with directory "/"',
  });
  t.like(await t.throwsAsync(place([{ path: '../x' }])), { reason: 'breakout', code: 'invalid' });
  t.like(await t.throwsAsync(place([], '/nowhere')), { reason: 'path_not_found', code: 'not_found' });
  t.like(await t.throwsAsync(place([], '/file')), {
    reason: 'not_a_directory',
    message: 'extraction point is not a directory',
  });
  const garbage = join(directory, 'garbage');
  writeFileSync(garbage, 'x'.repeat(2000));
  const request = { root, path: '/', fd: native.open(garbage, O_RDONLY) };
  t.like(await t.throwsAsync(placeTree(native, request)), { reason: 'archive', code: 'invalid' });
  t.deepEqual(Object.keys(contents(await readTree(join(directory, 'dir')))), []);
});

test('packing and placing can be cancelled while they wait', async (t) => {
  const directory = tempdir(t, 'cancel');
  const big = join(directory, 'big');
  writeFileSync(big, '');
  truncateSync(big, 1 << 30);
  const root = openDirectory(t, directory);
  const controller = new AbortController();
  const reading = packTree(native, root, { signal: controller.signal });
  const pipe = native.pipe();
  const placing = placeTree(native, { root, path: '/', fd: pipe.read, signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  t.like(await t.throwsAsync(reading.finished), { reason: 'cancelled', code: 'cancelled' });
  t.like(await t.throwsAsync(placing), { reason: 'cancelled', code: 'cancelled' });
  native.close(reading.fd);
  native.close(pipe.write);
});

test('a reader that leaves ends the archive', async (t) => {
  const { path } = await source;
  const { fd, finished } = packTree(native, openDirectory(t, path));
  native.close(fd);
  t.like(await t.throwsAsync(finished), { reason: 'stream', errno: 'EPIPE' });
});
