// Conformance of graphdrivers: what a container changes in its writable layer, and how that is listed and measured.
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerChange } from '../../src/graphdriver/driver.ts';
import type { Case, World } from './graphdriver.ts';

const BASE = [
  { path: 'etc/passwd', content: 'root' },
  { path: 'etc/group', content: 'wheel' },
  { path: 'usr/share/doc/a', content: 'a' },
  { path: 'usr/share/doc/b', content: 'b' },
  { path: 'empty/', type: 'directory' },
] as const;

/** Makes a container's layer on BASE, lets `work` change its tree, and returns what the driver lists. */
async function changesOf(world: World, work: (root: string) => void): Promise<string[]> {
  const { driver, layer, id } = world;
  await layer(1, BASE);
  await driver.createWritable(id(2), id(1));
  const root = await driver.mount(id(2));
  work(root);
  await driver.unmount(id(2));
  return inShort(await driver.changes(id(2), id(1)));
}

function inShort(changes: readonly LayerChange[]): string[] {
  return changes.map(({ path, kind }) => `${kind === 'modified' ? 'C' : kind === 'added' ? 'A' : 'D'} ${path}`);
}

export const changeCases: readonly Case[] = [
  [
    'an untouched container has no changes and no size',
    async (world) => {
      const { t, driver, id } = world;
      t.deepEqual(await changesOf(world, () => undefined), []);
      t.is(await driver.diffSize(id(2)), 0);
    },
  ],
  [
    'changes are listed as docker diff does',
    async (world) => {
      const { t } = world;
      const changes = await changesOf(world, (root) => {
        writeFileSync(join(root, 'etc/passwd'), 'changed');
        chmodSync(join(root, 'etc/group'), 0o600);
        mkdirSync(join(root, 'new/deep'), { recursive: true });
        writeFileSync(join(root, 'new/deep/file'), 'x');
        rmSync(join(root, 'usr/share/doc/a'));
        rmSync(join(root, 'empty'), { recursive: true });
        symlinkSync('nowhere', join(root, 'ünï'));
      });
      t.deepEqual(changes, [
        'D /empty',
        'C /etc',
        'C /etc/group',
        'C /etc/passwd',
        'A /new',
        'A /new/deep',
        'A /new/deep/file',
        'C /usr',
        'C /usr/share',
        'C /usr/share/doc',
        'D /usr/share/doc/a',
        'A /ünï',
      ]);
    },
  ],
  [
    'a directory made anew lists what it no longer holds',
    async (world) => {
      const changes = await changesOf(world, (root) => {
        rmSync(join(root, 'usr/share/doc'), { recursive: true });
        mkdirSync(join(root, 'usr/share/doc'));
        writeFileSync(join(root, 'usr/share/doc/b'), 'b, but another');
      });
      world.t.deepEqual(changes, [
        'C /usr',
        'C /usr/share',
        'C /usr/share/doc',
        'D /usr/share/doc/a',
        'C /usr/share/doc/b',
      ]);
    },
  ],
  [
    'a renamed directory is gone at one place and new at the other',
    async (world) => {
      const changes = await changesOf(world, (root) => {
        // As mv does where rename gives EXDEV: overlay renames no directory of a lower layer.
        try {
          renameSync(join(root, 'usr'), join(root, 'opt'));
        } catch {
          mkdirSync(join(root, 'opt/share/doc'), { recursive: true });
          for (const name of ['a', 'b']) writeFileSync(join(root, 'opt/share/doc', name), name);
          rmSync(join(root, 'usr'), { recursive: true });
        }
      });
      world.t.deepEqual(changes, [
        'A /opt',
        'A /opt/share',
        'A /opt/share/doc',
        'A /opt/share/doc/a',
        'A /opt/share/doc/b',
        'D /usr',
      ]);
    },
  ],
  [
    'the size of a container is what it wrote',
    async (world) => {
      const { t, driver, id } = world;
      await changesOf(world, (root) => {
        writeFileSync(join(root, 'data'), Buffer.alloc(100_000));
        writeFileSync(join(root, 'etc/passwd'), '12345678');
      });
      t.is(await driver.diffSize(id(2)), 100_008);
    },
  ],
  [
    'a container without an image starts empty',
    async ({ t, driver, id }) => {
      await driver.createWritable(id(1), undefined);
      const root = await driver.mount(id(1));
      writeFileSync(join(root, 'file'), 'x');
      await driver.unmount(id(1));
      t.deepEqual(await driver.changes(id(1), undefined), [{ path: '/file', kind: 'added' }]);
      t.is(await driver.diffSize(id(1)), 1);
    },
  ],
  [
    'what one container writes, neither the image nor another container sees',
    async (world) => {
      const { t, driver, id, contents } = world;
      await changesOf(world, (root) => {
        writeFileSync(join(root, 'etc/passwd'), 'changed');
        rmSync(join(root, 'etc/group'));
      });
      await driver.createWritable(id(3), id(1));
      for (const number of [1, 3]) {
        const found = await contents(number);
        t.is(found['etc/passwd'], 'root');
        t.is(found['etc/group'], 'wheel');
      }
    },
  ],
  [
    'sizes count a file with several names once',
    async ({ t, driver, layer, id }) => {
      const { size } = await layer(1, [
        { path: 'a', content: '12345' },
        { path: 'b', type: 'link', target: 'a' },
        { path: 'c', content: '1' },
      ]);
      t.is(size, 6);
      t.is(await driver.diffSize(id(1)), 6);
    },
  ],
];
