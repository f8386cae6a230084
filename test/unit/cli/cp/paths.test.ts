import test from 'ava';
import {
  type CopySource,
  type CopyTarget,
  followedPath,
  keepEnding,
  parseCopyArgument,
  placeCopy,
  renameEntry,
  resolveLink,
  splitEntry,
} from '../../../../src/cli/cp/paths.ts';

for (const [text, container, path] of [
  ['web:/etc', 'web', '/etc'],
  ['web:', 'web', ''],
  ['web:a:b', 'web', 'a:b'],
  ['/a:b', undefined, '/a:b'],
  ['./a:b', undefined, './a:b'],
  ['file', undefined, 'file'],
  ['-', undefined, '-'],
] as const) {
  test(`"${text}" is a path of ${container ?? 'this machine'}`, (t) => {
    t.deepEqual(parseCopyArgument(text), { container, path });
  });
}

for (const [clean, original, expected] of [
  ['/a/b', 'b', '/a/b'],
  ['/a/b', 'b/', '/a/b/'],
  ['/a/b', 'b/.', '/a/b/.'],
  ['/a', '.', '/a/.'],
  ['/', '/', '/'],
  ['/', '/.', '/.'],
] as const) {
  test(`${clean} ends as "${original}" does`, (t) => {
    t.is(keepEnding(clean, original), expected);
  });
}

for (const [path, directory, base] of [
  ['/a/b', '/a', 'b'],
  ['/a/b/', '/a', 'b'],
  ['/a/b/.', '/a/b', '.'],
  ['/', '/', '/'],
  ['/.', '/', '.'],
  ['/a/../b', '/', 'b'],
] as const) {
  test(`${path} is ${base} in ${directory}`, (t) => {
    t.deepEqual(splitEntry(path), { directory, base });
  });
}

test('a link leads from where it is', (t) => {
  t.is(resolveLink('/a/link', 'b'), '/a/b');
  t.is(resolveLink('/a/link/', '../b'), '/b');
  t.is(resolveLink('/a/link', '/b'), '/b');
});

test('what was found by a link keeps the name and the end of the link', (t) => {
  t.deepEqual(followedPath('/link', '/real'), { path: '/real', name: 'link' });
  t.deepEqual(followedPath('/link/', '/real'), { path: '/real/', name: 'link' });
  t.deepEqual(followedPath('/same', '/d/same'), { path: '/d/same', name: undefined });
});

const FILE: CopySource = { path: '/s/file', name: undefined, isDirectory: false };
const TREE: CopySource = { path: '/s/tree', name: undefined, isDirectory: true };
const target = (path: string, is: 'file' | 'directory' | 'missing'): CopyTarget => ({
  path,
  exists: is !== 'missing',
  isDirectory: is === 'directory',
});

for (const [what, source, to, expected] of [
  ['a file into a directory', FILE, target('/d', 'directory'), { directory: '/d', name: undefined }],
  ['a file over a file', FILE, target('/d/f', 'file'), { directory: '/d', name: 'f' }],
  ['a file to a new name', FILE, target('/d/new', 'missing'), { directory: '/d', name: 'new' }],
  ['a file to a new directory', FILE, target('/d/new/', 'missing'), 'no such directory'],
  ['a file to nothing', FILE, target('', 'missing'), 'no such directory'],
  ['a tree into a directory', TREE, target('/d', 'directory'), { directory: '/d', name: undefined }],
  ['a tree over a file', TREE, target('/d/f', 'file'), 'cannot copy directory'],
  ['a tree to a new name', TREE, target('/d/new/', 'missing'), { directory: '/d', name: 'new' }],
  ['a followed link', { ...FILE, name: 'l' }, target('/d', 'directory'), { directory: '/d', name: 'l' }],
] as const) {
  test(`${what}: ${typeof expected === 'string' ? expected : 'goes there'}`, (t) => {
    if (typeof expected === 'string') t.throws(() => placeCopy(source, to), { message: expected });
    else t.deepEqual(placeCopy(source, to), expected);
  });
}

for (const [name, from, to, expected] of [
  ['d', 'd', 'e', 'e'],
  ['d/', 'd', 'e', 'e/'],
  ['d/d/x', 'd', 'e', 'e/d/x'],
  ['d/x', 'd', undefined, 'd/x'],
  ['./', '.', 'e', 'e/'],
  ['./x', '.', 'e', 'e/x'],
  ['x/y', '.', 'e', 'e/x/y'],
  ['./x', '.', undefined, './x'],
  ['/', '/', 'e', 'e/'],
  ['/bin/x', '/', 'e', 'e/bin/x'],
  ['other', 'd', 'e', undefined],
  ['dd', 'd', 'e', undefined],
  ['../d', 'd', 'e', undefined],
] as const) {
  test(`entry ${name} of ${from} ${expected === undefined ? 'is refused' : `as ${to}: ${expected}`}`, (t) => {
    t.is(renameEntry(name, from, to), expected);
  });
}
