import test from 'ava';
import type { UserMount } from '../../../../../src/daemon/container/mounts/types.ts';
import { wantedMounts } from '../../../../../src/daemon/container/mounts/wanted.ts';
import { TskerError } from '../../../../../src/util/errors.ts';

const nothing = { Binds: null, Mounts: null, Tmpfs: null, VolumesFrom: null, VolumeDriver: '' };
const none = { config: { Volumes: null }, hostConfig: nothing, mountsOf: () => [] };

const volume = (destination: string, more: object = {}): UserMount => ({
  kind: 'volume',
  name: `of${destination.replaceAll('/', '-')}`,
  driver: 'local',
  source: '/s',
  destination,
  mode: 'z',
  writable: true,
  copy: true,
  anonymous: false,
  ...more,
});

const shown = (mounts: ReturnType<typeof wantedMounts>) =>
  mounts.map((mount) => [mount.destination, mount.kind === 'volume' ? mount.name : mount.kind]);

test('a volume that the image or -v /path wants gives way to every other mount', (t) => {
  const mounts = wantedMounts({
    ...none,
    config: { Volumes: { '/a': {}, '/b/': {}, '/c': {}, '/d': {} } },
    hostConfig: { ...nothing, Binds: ['named:/a'], Tmpfs: { '/b': '' }, VolumesFrom: ['other'] },
    mountsOf: () => [volume('/c')],
  });
  t.deepEqual(shown(mounts), [
    ['/c', 'of-c'],
    ['/a', 'named'],
    ['/b', 'tmpfs'],
    ['/d', ''],
  ]);
});

test("what is named wins over another container's mounts, and a later container over an earlier", (t) => {
  const mounts = wantedMounts({
    ...none,
    hostConfig: { ...nothing, Binds: ['named:/a'], VolumesFrom: ['one', 'two'] },
    mountsOf: (id) => (id === 'one' ? [volume('/a'), volume('/b', { name: 'first' })] : [volume('/b')]),
  });
  t.deepEqual(shown(mounts), [
    ['/a', 'named'],
    ['/b', 'of-b'],
  ]);
});

test('--volumes-from with ro takes nothing that can be written, and never copies', (t) => {
  const [mount] = wantedMounts({
    ...none,
    hostConfig: { ...nothing, VolumesFrom: ['one:ro'] },
    mountsOf: () => [volume('/a', { anonymous: true })],
  });
  t.like(mount, { writable: false, copy: false, mode: '', anonymous: true, name: 'of-a' });
});

test('--volumes-from takes the tmpfs of --mount and not that of --tmpfs', (t) => {
  const mounts = wantedMounts({
    ...none,
    hostConfig: { ...nothing, VolumesFrom: ['one'] },
    mountsOf: () => [
      { kind: 'tmpfs', destination: '/a', options: [], listed: true },
      { kind: 'tmpfs', destination: '/b', options: [] },
    ],
  });
  t.deepEqual(shown(mounts), [['/a', 'tmpfs']]);
});

const REFUSED: readonly (readonly [string, string])[] = [
  ['', 'volumes-from specification cannot be an empty string'],
  ['one:foo', 'invalid mode: foo'],
  ['one:shared', 'invalid mode: shared'],
  ['one:nocopy', 'invalid mode: nocopy'],
  ['gone', 'No such container: gone'],
];
for (const [spec, message] of REFUSED) {
  test(`refused: --volumes-from ${JSON.stringify(spec)}`, (t) => {
    const mountsOf = () => {
      throw new TskerError('not_found', 'No such container: gone');
    };
    const error = t.throws(() => wantedMounts({ ...none, hostConfig: { ...nothing, VolumesFrom: [spec] }, mountsOf }));
    t.is(error?.message, message);
    t.is((error as TskerError).code, 'invalid');
  });
}
