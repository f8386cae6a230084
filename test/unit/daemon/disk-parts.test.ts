import test from 'ava';
import { DiskParts, partOf } from '../../../src/daemon/disk-parts.ts';

const IMAGE = 'a'.repeat(64);
const CONTAINER = 'c'.repeat(64);
const isContainer = (id: string): boolean => id === CONTAINER;

const places: readonly [path: string, part: string][] = [
  ['/tsker.db', 'Database'],
  ['/tsker.db-wal', 'Database'],
  [`/overlay/${IMAGE}`, 'Image layers'],
  [`/overlay/${IMAGE}/diff/bin/sh`, 'Image layers'],
  [`/overlay/${IMAGE}/diff/record`, 'Image layers'],
  [`/overlay/${IMAGE}/record`, 'Layer recordings'],
  [`/vfs/${CONTAINER}/fs/file`, 'Container layers'],
  ['/overlay/l/ABC', 'Storage driver'],
  ['/devicemapper/pool/data', 'Storage driver'],
  [`/containers/${CONTAINER}`, 'Container files'],
  [`/containers/${CONTAINER}/hosts`, 'Container files'],
  [`/containers/${CONTAINER}/${CONTAINER}-json.log`, 'Logs'],
  [`/containers/${CONTAINER}/${CONTAINER}-json.log.2.gz`, 'Logs'],
  [`/containers/${CONTAINER}/container-cached.log`, 'Logs'],
  [`/containers/${CONTAINER}/local-logs/container.log`, 'Logs'],
  ['/volumes/one/_data/file', 'Volumes'],
  ['/contexts/one', 'Build contexts'],
  ['/seccomp/x', 'Engine'],
  ['/what', 'Other'],
];

for (const [path, part] of places) {
  test(`${path} belongs to ${part.toLowerCase()}`, (t) => {
    t.is(partOf(path, isContainer), part);
  });
}

test('a file with two names counts once, and the largest part comes first', (t) => {
  const parts = new DiskParts(isContainer);
  parts.add({ path: '/tsker.db', inode: 1n, links: 1, allocated: 4096 });
  parts.add({ path: `/overlay/${IMAGE}/diff/one`, inode: 2n, links: 2, allocated: 8192 });
  parts.add({ path: `/overlay/${IMAGE}/diff/two`, inode: 2n, links: 2, allocated: 8192 });
  t.deepEqual(parts.list(), [
    { Name: 'Image layers', Files: 1, Size: 8192 },
    { Name: 'Database', Files: 1, Size: 4096 },
  ]);
});
