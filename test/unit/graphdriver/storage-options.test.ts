import test from 'ava';
import { parseDevicemapperOptions } from '../../../src/graphdriver/devicemapper/options.ts';
import { parseOverlayOptions } from '../../../src/graphdriver/overlay-options.ts';
import { parseSize, parseStorageOptions } from '../../../src/graphdriver/storage-options.ts';

const sizes: readonly [text: string, bytes: number][] = [
  ['512', 512],
  ['64k', 65_536],
  ['64KB', 65_536],
  ['1.5M', 1_572_864],
  ['10G', 10_737_418_240],
  ['10 GiB', 10_737_418_240],
  ['2t', 2_199_023_255_552],
];

for (const [text, bytes] of sizes) {
  test(`a size of ${text} is ${bytes} bytes`, (t) => {
    t.is(parseSize('dm.basesize', text), bytes);
  });
}

for (const text of ['', 'G', '-1', '1x', '1e3', '99999999P']) {
  test(`a size of "${text}" is refused`, (t) => {
    t.throws(() => parseSize('dm.basesize', text), { message: `invalid size for dm.basesize: '${text}'` });
  });
}

test('names of options are known in any case, and others refused', (t) => {
  t.deepEqual([...parseStorageOptions('one', ['A.b=c=d'], ['a.b'])], [['a.b', 'c=d']]);
  t.throws(() => parseStorageOptions('one', ['a.c=1'], ['a.b']), { message: 'one: unknown option a.c' });
  t.throws(() => parseStorageOptions('one', ['a.b'], ['a.b']), { message: 'unable to parse key/value option: a.b' });
});

test('devicemapper has the defaults of Docker', (t) => {
  t.like(parseDevicemapperOptions([]), {
    baseSize: undefined,
    loopDataSize: 107_374_182_400,
    loopMetadataSize: 2_147_483_648,
    fileSystem: 'ext4',
    thinPool: undefined,
    blockSize: 65_536,
    minFreeSpace: 10,
    discard: true,
  });
});

test('devicemapper takes a pool by its path, and gives nothing back to it unless asked', (t) => {
  const options = parseDevicemapperOptions(['dm.thinpooldev=/dev/mapper/vg-pool', 'dm.mountopt=nodiscard,noatime']);
  t.like(options, { thinPool: 'vg-pool', discard: false, mountOptions: ['nodiscard', 'noatime'] });
});

const refused: readonly string[] = [
  'dm.fs=btrfs',
  'dm.blocksize=1k',
  'dm.min_free_space=100%',
  'dm.blkdiscard=perhaps',
  'dm.other=1',
];

for (const option of refused) {
  test(`devicemapper refuses ${option}`, (t) => {
    t.throws(() => parseDevicemapperOptions([option]));
  });
}

test('overlay takes mount options, but for its directories', (t) => {
  t.deepEqual(parseOverlayOptions(['overlay2.mountopt=metacopy=on,nodev', 'overlay2.override_kernel_check=1']), [
    'metacopy=on',
    'nodev',
  ]);
  t.throws(() => parseOverlayOptions(['overlay2.mountopt=nodev,upperdir=/etc']), { message: /upperdir is not/ });
});
