import test from 'ava';
import * as linux from '../../../src/native/linux.ts';
import { parseMountOptions, parsePropagation } from '../../../src/runtime/mount-options.ts';

const NONE = { flags: 0, propagation: 0, recursiveSet: 0, recursiveClear: 0, copyUp: false, data: '' };

const CASES: readonly [options: string[], expected: Partial<ReturnType<typeof parseMountOptions>>][] = [
  [[], {}],
  [['defaults'], {}],
  [
    ['ro', 'nosuid', 'nodev', 'noexec'],
    { flags: linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC },
  ],
  [['ro', 'rw'], {}],
  [['rbind', 'rprivate'], { flags: linux.MS_BIND | linux.MS_REC, propagation: linux.MS_PRIVATE | linux.MS_REC }],
  [['bind', 'rslave'], { flags: linux.MS_BIND, propagation: linux.MS_SLAVE | linux.MS_REC }],
  [['private', 'shared'], { propagation: linux.MS_SHARED }],
  [['tmpcopyup', 'size=64k'], { copyUp: true, data: 'size=64k' }],
  [['mode=1777', 'size=64k'], { data: 'mode=1777,size=64k' }],
  [['rbind', 'rro', 'rnosuid'], { flags: linux.MS_BIND | linux.MS_REC, recursiveSet: 3 }],
  [['rrw'], { recursiveClear: linux.MOUNT_ATTR_RDONLY }],
  [['constructor', '__proto__'], { data: 'constructor,__proto__' }],
];

for (const [options, expected] of CASES) {
  test(`the options [${options.join(' ')}] mean what mount(8) says`, (t) => {
    t.deepEqual(parseMountOptions(options), { ...NONE, ...expected });
  });
}

test('propagation words are the eight of the specification', (t) => {
  t.is(parsePropagation('rshared'), linux.MS_SHARED | linux.MS_REC);
  t.is(parsePropagation('ro'), undefined);
  t.is(parsePropagation('toString'), undefined);
});
