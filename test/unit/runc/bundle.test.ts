import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readBundle } from '../../../src/runc/bundle.ts';
import { tempdir } from '../../helpers/tempdir.ts';

const PROCESS = { args: ['sh'], cwd: '/', user: { uid: 0, gid: 0 } };

function bundle(t: ExecutionContext, config: unknown): string {
  const directory = tempdir(t, 'bundle');
  mkdirSync(join(directory, 'rootfs'));
  writeFileSync(join(directory, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return directory;
}

test("Go's nulls and what is absent are lists without anything in them", (t) => {
  const path = bundle(t, {
    ociVersion: '1.0.2',
    root: { path: 'rootfs' },
    process: { ...PROCESS, env: null, user: { uid: 1, gid: 2, additionalGids: null } },
    mounts: null,
    hooks: { prestart: null, poststop: [] },
    linux: { namespaces: [{ type: 'mount', path: '' }], maskedPaths: null, resources: null },
  });
  const { spec, hooks, rootfs } = readBundle(path);
  t.is(rootfs, join(path, 'rootfs'));
  t.deepEqual([spec.process.env, spec.mounts, hooks], [[], [], {}]);
  t.deepEqual(spec.process.user, { uid: 1, gid: 2 });
  t.deepEqual(spec.linux.namespaces, [{ type: 'mount' }]);
  t.false('maskedPaths' in spec.linux);
});

test('no device is allowed that is not said, and relative sources are the bundle’s', (t) => {
  const path = bundle(t, {
    root: { path: 'rootfs' },
    process: PROCESS,
    mounts: [
      { destination: 'data', type: 'bind', source: 'data', options: ['rbind'] },
      { destination: '/proc', type: 'proc', source: 'proc' },
    ],
    linux: { resources: { devices: [{ allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' }] } },
  });
  const { spec } = readBundle(path);
  t.deepEqual(spec.linux.resources?.devices?.[0], { allow: false, access: 'rwm' });
  t.deepEqual(
    spec.mounts.map(({ source, destination }) => [source, destination]),
    [
      [join(path, 'data'), '/data'],
      ['proc', '/proc'],
    ],
  );
});

const WRONG: readonly [what: string, config: unknown, message: RegExp][] = [
  ['no JSON', '{', /JSON/],
  ['a list', [], /not an object/],
  ['no root', { process: PROCESS }, /^root must be specified$/],
  ['a root that is not there', { root: { path: 'x' }, process: PROCESS }, /^invalid rootfs: stat .*\/x: no such file/],
  ['no process', { root: { path: 'rootfs' } }, /^process must be specified$/],
  ['no arguments', { root: { path: 'rootfs' }, process: { ...PROCESS, args: [] } }, /^args must not be empty$/],
  ['numbers for arguments', { root: { path: 'rootfs' }, process: { ...PROCESS, args: [1] } }, /lists of strings/],
  ['a relative directory', { root: { path: 'rootfs' }, process: { ...PROCESS, cwd: 'x' } }, /absolute path/],
  ['a user below 0', { root: { path: 'rootfs' }, process: { ...PROCESS, user: { uid: -1 } } }, /invalid user/],
  ['mounts that are none', { root: { path: 'rootfs' }, process: PROCESS, mounts: {} }, /^mounts is not a list$/],
  [
    'a namespace of no type',
    { root: { path: 'rootfs' }, process: PROCESS, linux: { namespaces: [{ type: 'foo' }] } },
    /^namespace \{"foo" ""\} does not exist$/,
  ],
  [
    'a hook with a relative path',
    { root: { path: 'rootfs' }, process: PROCESS, hooks: { prestart: [{ path: 'x' }] } },
    /^hooks\.prestart: path must be absolute$/,
  ],
];

for (const [what, config, message] of WRONG) {
  test(`a config.json with ${what} is refused`, (t) => {
    t.throws(() => readBundle(bundle(t, config)), { message });
  });
}

test('a bundle that is not there, or without a config.json, is refused', (t) => {
  t.throws(() => readBundle('/nowhere'), { message: 'chdir /nowhere: no such file or directory' });
  t.throws(() => readBundle(tempdir(t)), { message: 'JSON specification file config.json not found' });
});

test('a root file system that is a link is none: it may lead to a directory of the host', (t) => {
  const path = bundle(t, { root: { path: 'elsewhere' }, process: PROCESS });
  symlinkSync('/', join(path, 'elsewhere'));
  t.throws(() => readBundle(path), { message: 'invalid rootfs: not an absolute path, or a symlink' });
});

test('a bundle may be reached by a link', (t) => {
  const path = bundle(t, { root: { path: 'rootfs' }, process: PROCESS });
  const link = join(tempdir(t, 'link'), 'bundle');
  symlinkSync(path, link);
  t.is(readBundle(link).rootfs, join(path, 'rootfs'));
});
