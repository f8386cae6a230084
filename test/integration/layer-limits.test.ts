// The limits of drivers on the real kernel: a disk that fills up, the deepest stack of layers, a file system that overlay
// does not work on, what else may be mounted (root).
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { GraphDriver } from '../../src/graphdriver/driver.ts';
import { MAX_LOWERS } from '../../src/graphdriver/overlay-layout.ts';
import { type Candidate, selectDriver, standardCandidates } from '../../src/graphdriver/select.ts';
import { openNative } from '../helpers/native.ts';
import { makeTar } from '../helpers/tar.ts';
import { mountsBelow, tempdir } from '../helpers/tempdir.ts';

const native = openNative();
const effects = { record: () => 1, forget: () => undefined };

function candidates(root: string): Candidate[] {
  return standardCandidates({ root, native, effects, storageOptions: [] });
}

async function open(root: string, name: string): Promise<GraphDriver> {
  const settings = { get: () => undefined, set: () => undefined };
  return await selectDriver({ candidates: candidates(root), wanted: name, settings, hasLayers: () => false });
}

function id(number: number): string {
  return `${number}`.padStart(64, '0');
}

function spool(root: string, bytes: Uint8Array): number {
  const path = join(root, 'tar');
  writeFileSync(path, bytes);
  return native.open(path, 0);
}

function tmpfs(t: ExecutionContext, options: string): string {
  const root = tempdir(t, 'tmpfs');
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', root]);
  return root;
}

for (const name of ['overlay', 'vfs']) {
  test(`${name}: a disk that fills up while unpacking is no_space, and all of it is free again`, async (t) => {
    const root = tmpfs(t, 'size=2m');
    const driver = await open(root, name);
    const free = statfsSync(root).bavail;
    const fd = spool(tempdir(t, 'blob'), makeTar([{ path: 'big', content: Buffer.alloc(4 << 20, 1) }]));
    const error = await t.throwsAsync(driver.createLayer(id(1), undefined, fd), { message: /big: cannot write/ });
    t.like(error, { code: 'no_space', errno: 'ENOSPC' });
    t.deepEqual(await driver.list(), []);
    t.is(statfsSync(root).bavail, free);
  });

  test(`${name}: a disk without room for a container is no_space, and nothing is left`, async (t) => {
    const root = tmpfs(t, 'nr_inodes=30');
    const driver = await open(root, name);
    const fd = spool(tempdir(t, 'blob'), makeTar([{ path: 'file', content: 'x' }]));
    await driver.createLayer(id(1), undefined, fd);
    const filler = join(root, 'filler');
    mkdirSync(filler);
    const fill = (): void => {
      for (let count = 0; statfsSync(root).ffree > 1; count += 1) writeFileSync(join(filler, `${count}`), '');
    };
    fill();
    t.like(await t.throwsAsync(driver.createWritable(id(2), id(1))), { code: 'no_space' });
    t.deepEqual(await driver.list(), [id(1)]);
  });
}

test('overlay: the deepest stack mounts, one layer more is an error', async (t) => {
  t.timeout(120_000);
  const root = tempdir(t, 'deep');
  const driver = await open(root, 'overlay');
  const blob = tempdir(t, 'blob');
  for (let number = 1; number <= MAX_LOWERS; number += 1) {
    const fd = spool(blob, makeTar([{ path: `file-${number}`, content: 'x' }]));
    await driver.createLayer(id(number), number === 1 ? undefined : id(number - 1), fd);
  }
  await driver.createWritable(id(500), id(MAX_LOWERS));
  const path = await driver.mount(id(500));
  t.is(readdirSync(path).length, MAX_LOWERS);
  await driver.unmount(id(500));
  const fd = spool(blob, makeTar([{ path: 'top', content: 'x' }]));
  await driver.createLayer(id(600), id(MAX_LOWERS), fd);
  await t.throwsAsync(driver.createWritable(id(700), id(600)), { message: /max depth exceeded/ });
  t.false(driver.exists(id(700)));
});

test('overlay on overlay is refused with what to do, and vfs is taken in its place', async (t) => {
  const root = tempdir(t, 'nested');
  for (const name of ['lower', 'upper', 'work', 'data']) mkdirSync(join(root, name));
  const data = join(root, 'data');
  const options = `lowerdir=${root}/lower,upperdir=${root}/upper,workdir=${root}/work`;
  execFileSync('mount', ['-t', 'overlay', '-o', options, 'overlay', data]);
  const error = await t.throwsAsync(open(data, 'overlay'), { message: /does not work in .*overlay file system/ });
  t.like(error, {
    code: 'unsupported',
    hint: 'put --data-root on ext4, xfs or btrfs (in a container: on a volume), or use --storage-driver vfs',
  });
  const settings = { get: () => undefined, set: () => undefined };
  const chosen = await selectDriver({ candidates: candidates(data), settings, hasLayers: () => false });
  t.is(chosen.name, 'vfs');
});

test('trying overlay leaves neither a mount nor a directory', async (t) => {
  const root = tempdir(t, 'probe');
  await open(root, 'overlay');
  t.deepEqual(readdirSync(join(root, 'overlay')).sort(), ['empty', 'l']);
  t.deepEqual(mountsBelow(root), []);
});

test('overlay tells info what it stands on', async (t) => {
  const root = tmpfs(t, 'size=2m');
  const driver = await open(root, 'overlay');
  t.deepEqual((await driver.status())[0], ['Backing Filesystem', 'tmpfs']);
});
