import test from 'ava';
import { parseBind, parseUserMounts } from '../../../../src/daemon/container/binds.ts';
import { TskerError } from '../../../../src/util/errors.ts';

const BINDS: [string, Record<string, unknown>][] = [
  ['/a:/b', { source: '/a', destination: '/b', writable: true, propagation: 'rprivate', createSource: true }],
  ['/a/../c:/b/', { source: '/c', destination: '/b' }],
  ['/a:/b:ro', { writable: false, readonlyBelow: true, mode: 'ro' }],
  ['/a:/b:rw,rslave', { writable: true, propagation: 'rslave' }],
  ['/a:/b:ro,z,cached', { writable: false, mode: 'ro,z,cached' }],
  ['name:/b', { kind: 'volume', name: 'name', destination: '/b', writable: true, copy: true, anonymous: false }],
  ['name:/b/../c/:ro,nocopy', { destination: '/c', writable: false, copy: false, mode: 'ro,nocopy' }],
];
for (const [text, expected] of BINDS) {
  test(`-v ${text}`, (t) => {
    t.like(parseBind(text), expected);
  });
}

const WRONG_BINDS: [string, RegExp][] = [
  ['/a', /^invalid volume specification: '\/a'$/],
  ['/a:/b:ro:x', /^invalid volume specification/],
  [':/b', /^invalid volume specification/],
  ['/a:', /^invalid volume specification/],
  ['/a:b', /mount path must be absolute/],
  ['/a:/', /destination can't be '\/'/],
  ['/a:/b:no', /^invalid mode: no$/],
  ['/a:/b:ro,rw', /^invalid mode: ro,rw$/],
  ['/a:/b:rslave,rshared', /^invalid mode/],
  [
    'name:b',
    /^invalid volume specification: 'name:b': invalid mount config for type "volume": invalid mount path: 'b'/,
  ],
  ['name:/', /destination can't be '\/'/],
  ['name:/b:shared', /^invalid volume specification: .*: field BindOptions must not be specified$/],
  ['name:/b:nocopy,nocopy', /^invalid mode: nocopy,nocopy$/],
  ['/a:/b:nocopy', /type "bind": field VolumeOptions must not be specified$/],
];
for (const [text, message] of WRONG_BINDS) {
  test(`refused: -v ${text}`, (t) => {
    const error = t.throws(() => parseBind(text), { instanceOf: TskerError });
    t.regex(error?.message ?? '', message);
  });
}

const none = { Binds: null, Mounts: null, Tmpfs: null };

test('--mount knows binds and tmpfs', (t) => {
  const mounts = parseUserMounts({
    ...none,
    Mounts: [
      { Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true },
      { Type: 'bind', Source: '/a', Target: '/c', BindOptions: { NonRecursive: true, Propagation: 'shared' } },
      { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 4096, Mode: 0o1777 } },
    ],
  });
  t.like(mounts[0], { kind: 'bind', writable: false, createSource: false, recursive: true, readonlyBelow: true });
  t.like(mounts[1], { recursive: false, propagation: 'shared' });
  t.deepEqual(mounts[2], {
    kind: 'tmpfs',
    destination: '/t',
    options: ['noexec', 'nosuid', 'nodev', 'mode=1777', 'size=4096'],
    listed: true,
  });
});

test('--tmpfs options come after the safe ones, so that they win', (t) => {
  const [mount] = parseUserMounts({ ...none, Tmpfs: { '/run': 'exec,size=1m' } });
  t.deepEqual(mount, { kind: 'tmpfs', destination: '/run', options: ['noexec', 'nosuid', 'nodev', 'exec', 'size=1m'] });
});

const WRONG: [string, Parameters<typeof parseUserMounts>[0], RegExp][] = [
  ['two at one place', { ...none, Binds: ['/a:/b', '/c:/b/'] }, /^Duplicate mount point: \/b$/],
  [
    'a mount without target',
    { ...none, Mounts: [{ Type: 'bind', Source: '/a', Target: '' }] },
    /Target must not be empty/,
  ],
  ['a bind without source', { ...none, Mounts: [{ Type: 'bind', Target: '/b' }] }, /Source must not be empty/],
  ['an unknown type', { ...none, Mounts: [{ Type: 'npipe', Source: '/a', Target: '/b' }] }, /mount type unknown/],
  [
    'a tmpfs with a source',
    { ...none, Mounts: [{ Type: 'tmpfs', Source: '/a', Target: '/b' }] },
    /must not be specified/,
  ],
  [
    'an anonymous volume that is read-only',
    { ...none, Mounts: [{ Type: 'volume', Target: '/b', ReadOnly: true }] },
    /must not set ReadOnly mode when using anonymous volumes$/,
  ],
  [
    'a volume with options of a bind',
    { ...none, Mounts: [{ Type: 'volume', Source: 'v', Target: '/b', BindOptions: {} }] },
    /field BindOptions must not be specified$/,
  ],
  [
    'a part of a volume that leads out of it',
    { ...none, Mounts: [{ Type: 'volume', Source: 'v', Target: '/b', VolumeOptions: { Subpath: 'a/../../c' } }] },
    /subpath must be a relative path within the volume$/,
  ],
  ['a strange tmpfs option', { ...none, Tmpfs: { '/t': 'lowerdir=/etc' } }, /^invalid tmpfs option/],
];
for (const [what, given, message] of WRONG) {
  test(`refused: ${what}`, (t) => {
    t.regex(t.throws(() => parseUserMounts(given), { instanceOf: TskerError })?.message ?? '', message);
  });
}
