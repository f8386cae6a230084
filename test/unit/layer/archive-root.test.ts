import test from 'ava';
import { planLayerRoot, readOnlyRootfs } from '../../../src/layer/archive-root.ts';

const WRITABLE = {
  type: 'overlay',
  source: 'overlay',
  cwd: '/home',
  options: ['lowerdir=l/A:l/B', 'upperdir=c/diff', 'workdir=c/work', 'index=off', 'volatile'],
} as const;

test('a writable overlay is read with its upper directory on top of the others', (t) => {
  t.deepEqual(readOnlyRootfs(WRITABLE).options, ['ro', 'lowerdir=c/diff:l/A:l/B', 'index=off']);
});

test('what is read-only already stays as it is', (t) => {
  const layer = { type: 'overlay', source: 'overlay', cwd: '/home', options: ['ro', 'lowerdir=l/A'] } as const;
  const directory = { type: 'bind', source: '/vfs/dir/x', options: [] } as const;
  t.is(readOnlyRootfs(layer), layer);
  t.is(readOnlyRootfs(directory), directory);
});

test('an overlay is mounted over the directory its options start from', (t) => {
  t.deepEqual(planLayerRoot({ rootfs: WRITABLE, readOnly: true }), [
    { op: 'CHDIR', path: '/home' },
    {
      op: 'MOUNT',
      source: 'overlay',
      target: '/home',
      type: 'overlay',
      flags: 1,
      data: 'lowerdir=c/diff:l/A:l/B,index=off',
    },
    { op: 'ROOT', path: '/home' },
  ]);
});

test('a directory is its own root', (t) => {
  const rootfs = { type: 'bind', source: '/vfs/dir/x', options: [] } as const;
  t.deepEqual(planLayerRoot({ rootfs, readOnly: false }), [{ op: 'ROOT', path: '/vfs/dir/x' }]);
});

test('mount points are made where that is possible, and looked up inside the root', (t) => {
  const rootfs = { type: 'bind', source: '/x', options: [] } as const;
  const binds = [
    { source: '/volumes/v', target: '/data', kind: 'directory' },
    { source: '/etc/hosts', target: '/etc/hosts', kind: 'file', readOnly: true },
  ] as const;
  t.deepEqual(planLayerRoot({ rootfs, readOnly: false, binds }).slice(1), [
    { op: 'MKDIRS', path: '/data', mode: 0o755, inRoot: true },
    { op: 'BIND', source: '/volumes/v', target: '/data', flags: 1, propagation: 0, inRoot: true },
    { op: 'MKFILE', path: '/etc/hosts', mode: 0o644, inRoot: true },
    { op: 'BIND', source: '/etc/hosts', target: '/etc/hosts', flags: 3, propagation: 0, inRoot: true },
  ]);
  const read = planLayerRoot({ rootfs, readOnly: true, binds }).slice(1);
  t.deepEqual(
    read.map(({ op, optional }) => [op, optional]),
    [
      ['BIND', true],
      ['BIND', true],
    ],
  );
});
