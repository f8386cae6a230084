import test from 'ava';
import { parsePoolStatus, statusLines } from '../../../../src/graphdriver/devicemapper/pool-status.ts';

const TEXT = '0 152/4096 1024/16384 - rw no_discard_passdown queue_if_no_space - 1024';

test('the status of a pool is read', (t) => {
  t.deepEqual(parsePoolStatus(TEXT), {
    usedMetadataBlocks: 152,
    totalMetadataBlocks: 4096,
    usedDataBlocks: 1024,
    totalDataBlocks: 16_384,
    writable: true,
  });
  t.false(parsePoolStatus(TEXT.replace(' rw ', ' out_of_data_space ')).writable);
  for (const broken of ['Fail', '', 'Error 1']) t.throws(() => parsePoolStatus(broken), { code: 'unavailable' });
});

test('info has the lines of Docker', (t) => {
  const lines = statusLines({
    poolName: 'tsker-254:0-12-pool',
    blockSize: 65_536,
    baseSize: 10_737_418_240,
    fileSystem: 'ext4',
    minFreeSpace: 10,
    loopFiles: { data: '/data', metadata: '/metadata' },
    dataDevice: '/dev/loop0',
    metadataDevice: '/dev/loop1',
    status: parsePoolStatus(TEXT),
  });
  t.deepEqual(lines, [
    ['Pool Name', 'tsker-254:0-12-pool'],
    ['Pool Blocksize', '65.54kB'],
    ['Base Device Size', '10.74GB'],
    ['Backing Filesystem', 'ext4'],
    ['Udev Sync Supported', 'false'],
    ['Data file', '/dev/loop0'],
    ['Metadata file', '/dev/loop1'],
    ['Data loop file', '/data'],
    ['Metadata loop file', '/metadata'],
    ['Data Space Used', '67.11MB'],
    ['Data Space Total', '1.074GB'],
    ['Data Space Available', '1.007GB'],
    ['Metadata Space Used', '622.6kB'],
    ['Metadata Space Total', '16.78MB'],
    ['Metadata Space Available', '16.15MB'],
    ['Thin Pool Minimum Free Space', '107.3MB'],
    ['Deferred Removal Enabled', 'true'],
    ['Deferred Deletion Enabled', 'false'],
    ['Deferred Deleted Device Count', '0'],
  ]);
});
