import test from 'ava';
import type { ScanRecord } from '../../../src/graphdriver/scan.ts';
import { changedBytes, compareTrees, overlay, sumOfFiles, toTree } from '../../../src/graphdriver/tree.ts';

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const CHARACTER = 0o020000;

function record(path: string, fields: Partial<ScanRecord> = {}): ScanRecord {
  return {
    path,
    opaque: false,
    mode: path.endsWith('/') ? DIRECTORY : FILE,
    links: 1,
    uid: 0,
    gid: 0,
    inode: 1n,
    device: 0n,
    bytes: 1,
    mtime: 0n,
    xattrs: 0n,
    link: 0n,
    allocated: 0,
    ...fields,
    ...(path.endsWith('/') ? { path: path.slice(0, -1) } : {}),
  };
}

function whiteout(path: string): ScanRecord {
  return record(path, { mode: CHARACTER, device: 0n });
}

const BASE = ['/a/', '/a/one', '/a/two', '/b/', '/b/c/', '/b/c/deep', '/top'].map((path) => record(path));

function merged(...upper: ScanRecord[]): string[] {
  const lower = toTree(BASE);
  return compareTrees(lower, overlay(lower, toTree(upper))).map(({ path, kind }) => `${kind} ${path}`);
}

const cases: readonly [title: string, upper: readonly ScanRecord[], expected: readonly string[]][] = [
  ['an empty layer changes nothing', [], []],
  ['a directory copied up and not changed is no change', [record('/a/', { mtime: 5n, bytes: 9 })], []],
  ['a file copied up and not changed is no change', [record('/a/'), record('/a/one', { inode: 9n })], []],
  ['a file that is new', [record('/new')], ['added /new']],
  [
    'a file that is written modifies its directory',
    [record('/a/'), record('/a/one', { mtime: 5n })],
    ['modified /a', 'modified /a/one'],
  ],
  ['a mode', [record('/top', { mode: 0o100600 })], ['modified /top']],
  ['an owner', [record('/top', { uid: 1 })], ['modified /top']],
  ['an xattr', [record('/top', { xattrs: 1n })], ['modified /top']],
  ["a directory's mode", [record('/a/', { mode: 0o040700 })], ['modified /a']],
  ['a whiteout', [record('/a/'), whiteout('/a/one')], ['modified /a', 'deleted /a/one']],
  ['a whiteout of nothing', [whiteout('/never')], []],
  ['of a deleted directory only the directory is listed', [whiteout('/b')], ['deleted /b']],
  [
    'an opaque directory deletes what it does not hold',
    [record('/a/', { opaque: true }), record('/a/two')],
    ['modified /a', 'deleted /a/one'],
  ],
  [
    'what is below an opaque directory is opaque too',
    [record('/b/', { opaque: true }), record('/b/c/'), record('/b/c/new')],
    ['modified /b', 'modified /b/c', 'deleted /b/c/deep', 'added /b/c/new'],
  ],
  ['a file in place of a directory', [record('/a')], ['modified /a']],
  ['a directory in place of a file', [record('/top/'), record('/top/in')], ['modified /top', 'added /top/in']],
];

for (const [title, upper, expected] of cases) {
  test(`overlay: ${title}`, (t) => {
    t.deepEqual(merged(...upper), [...expected]);
  });
}

test('paths are given as UTF-8 and sorted as bytes', (t) => {
  const names = ['/z', '/ä', '/a/', '/a/x', '/a-b'];
  const records = names.map((path) => record(Buffer.from(path).toString('latin1')));
  const changes = compareTrees(toTree([]), toTree(records));
  t.deepEqual(
    changes.map(({ path }) => path),
    ['/a', '/a/x', '/a-b', '/z', '/ä'],
  );
  const odd = [record('/\xff'), record('/\xfe')];
  t.is(changedBytes(toTree([]), toTree(odd)).length, 2, 'names that are not UTF-8 stay apart');
});

test('a record whose directory did not come before it is an error', (t) => {
  t.throws(() => toTree([record('/a/b')]), { message: /before its directory/ });
});

test('sizes count every inode once, and neither directories nor whiteouts', (t) => {
  const records = [
    record('/d/', { bytes: 4096 }),
    record('/one', { bytes: 10, links: 2, inode: 5n }),
    record('/two', { bytes: 10, links: 2, inode: 5n }),
    record('/three', { bytes: 7, inode: 6n }),
    whiteout('/gone'),
  ];
  t.is(sumOfFiles(records), 17);
});
