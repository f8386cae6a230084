// What every graphdriver must do. A driver's test file is one call of this with a way to open it.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ExecutionContext, TestFn } from 'ava';
import type { GraphDriver } from '../../src/graphdriver/driver.ts';
import type { Candidate } from '../../src/graphdriver/select.ts';
import { standardCandidates } from '../../src/graphdriver/select.ts';
import type { ExtractResult } from '../../src/native/archive-requests.ts';
import type { Native } from '../../src/native/native.ts';
import type { Op } from '../../src/native/ops.ts';
import { openNative } from '../helpers/native.ts';
import { makeTar, type TarEntry } from '../helpers/tar.ts';
import { mountsBelow, tempdir } from '../helpers/tempdir.ts';
import { changeCases } from './graphdriver-changes.ts';
import { hostileCases } from './graphdriver-hostile.ts';
import { layerCases } from './graphdriver-layers.ts';
import { contents, readTree, type Tree } from './tree.ts';

/** One driver on a directory of its own, and what tests do with it. */
export interface World {
  readonly t: ExecutionContext;
  readonly native: Native;
  readonly driver: GraphDriver;
  readonly root: string;
  /** Ids in short: `id(1)`. */
  id(number: number): string;
  /** Unpacks entries, or the bytes of an archive, as layer `number` on top of `parent`. */
  layer(number: number, archive: readonly TarEntry[] | Uint8Array, parent?: number): Promise<ExtractResult>;
  /** The whole tree of a layer. */
  tree(number: number): Promise<Tree>;
  contents(number: number): Promise<Record<string, string>>;
  /** Ledger entries not taken back. */
  effects(): readonly string[];
}

export type Case = readonly [title: string, run: (world: World) => Promise<void>];

export interface ConformanceOptions {
  /** A process has one. */
  readonly native?: Native;
  /** A directory for a test's data root; in the temporary directory without. */
  readonly root?: (t: ExecutionContext) => string;
  /** `--storage-opt`. */
  readonly storageOptions?: readonly string[];
}

/** Registers the suite for the driver called `name`. */
export function graphdriverConformance(test: TestFn, name: string, options: ConformanceOptions = {}): void {
  const native = options.native ?? openNative();
  const cases: readonly Case[] = [...layerCases, ...changeCases, ...hostileCases, ...ownCases];
  for (const [title, run] of cases) {
    test(`${name}: ${title}`, async (t) => {
      const world = await openWorld(t, native, { ...options, name });
      await run(world);
      await world.driver.close();
      t.deepEqual(world.effects(), [], 'an effect on the host was not taken back');
      t.deepEqual(mountsBelow(world.root), [], 'a mount was left');
    });
  }
}

interface WorldOptions extends ConformanceOptions {
  readonly name: string;
}

async function openWorld(t: ExecutionContext, native: Native, options: WorldOptions): Promise<World> {
  const { name, storageOptions = [] } = options;
  const root = options.root?.(t) ?? tempdir(t, name);
  const ledger = new MemoryLedger();
  const driver = await candidate(name, standardCandidates({ root, native, effects: ledger, storageOptions })).open();
  const id = (number: number): string => `${number}`.padStart(64, '0');
  const world: World = {
    t,
    native,
    driver,
    root,
    id,
    layer: async (number, archive, parent) => {
      const bytes = archive instanceof Uint8Array ? archive : makeTar(archive);
      const fd = await spool(native, join(root, `tar-${number}`), bytes);
      return await driver.createLayer(id(number), parent === undefined ? undefined : id(parent), fd);
    },
    tree: async (number) => {
      const path = await driver.mount(id(number));
      try {
        return await readTree(path);
      } finally {
        await driver.unmount(id(number));
      }
    },
    contents: async (number) => contents(await world.tree(number)),
    effects: () => ledger.subjects(),
  };
  return world;
}

function candidate(name: string, candidates: readonly Candidate[]): Candidate {
  const found = candidates.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no driver ${name}`);
  return found;
}

async function spool(native: Native, path: string, bytes: Uint8Array): Promise<number> {
  const file = await openFile(path, 'w');
  await file.writeFile(bytes);
  await file.close();
  return native.open(path, 0);
}

class MemoryLedger {
  readonly #entries = new Map<number, string>();
  #next = 0;

  record(_owner: string, _kind: string, subject: string, _undo: readonly Op[]): number {
    this.#next += 1;
    this.#entries.set(this.#next, subject);
    return this.#next;
  }

  forget(id: number): void {
    this.#entries.delete(id);
  }

  subjects(): string[] {
    return [...this.#entries.values()];
  }
}

const FILE: TarEntry = { path: 'file', content: 'one' };

const ownCases: readonly Case[] = [
  [
    'a layer has both digests, however it was compressed',
    async ({ t, layer, contents }) => {
      const tar = makeTar([FILE]);
      const [plain, gzip, zstd] = [
        await layer(1, tar),
        await layer(2, gzipSync(tar)),
        await layer(3, zstdCompressSync(tar)),
      ];
      t.is(plain.digestIn, plain.digestTar);
      for (const other of [gzip, zstd]) {
        t.is(other.digestTar, plain.digestTar);
        t.not(other.digestIn, other.digestTar);
        t.is(other.bytesTar, tar.length);
      }
      for (const number of [1, 2, 3]) t.deepEqual(await contents(number), { file: 'one' });
    },
  ],
  [
    'an empty archive is an empty layer',
    async ({ t, layer, contents }) => {
      await layer(1, Buffer.alloc(0));
      await layer(2, Buffer.alloc(1024));
      t.deepEqual([await contents(1), await contents(2)], [{}, {}]);
    },
  ],
  [
    'layers are listed, exist, and are gone once removed, which can be repeated',
    async ({ t, driver, layer, id }) => {
      await layer(1, [FILE]);
      await layer(2, [FILE], 1);
      t.deepEqual((await driver.list()).sort(), [id(1), id(2)]);
      t.true(driver.exists(id(2)));
      await driver.remove(id(2));
      await driver.remove(id(2));
      t.false(driver.exists(id(2)));
      t.deepEqual(await driver.list(), [id(1)]);
    },
  ],
  [
    'a layer that exists is not made again, and stays as it is',
    async ({ t, driver, layer, id, contents }) => {
      await layer(1, [FILE]);
      await t.throwsAsync(layer(1, [{ path: 'other' }]), { message: /exists already/ });
      await t.throwsAsync(driver.createWritable(id(1), undefined), { message: /exists already/ });
      t.deepEqual(await contents(1), { file: 'one' });
    },
  ],
  [
    'an id that is no plain name is refused',
    async ({ t, driver }) => {
      for (const id of ['', '..', 'short', `../${'a'.repeat(64)}`, `${'a'.repeat(40)}/b`, 'A'.repeat(64)]) {
        t.throws(() => driver.exists(id), { message: /not a layer id/ }, id);
        await t.throwsAsync(driver.remove(id), { message: /not a layer id/ }, id);
      }
    },
  ],
  [
    'what a crash left behind is listed and can be removed',
    async ({ t, driver, root, id }) => {
      const directory = join(root, driver.name, id(9));
      mkdirSync(join(directory, 'diff', 'half'), { recursive: true });
      writeFileSync(join(directory, 'diff', 'half', 'file'), 'torn');
      t.deepEqual(await driver.list(), [id(9)]);
      await driver.remove(id(9));
      t.deepEqual(await driver.list(), []);
    },
  ],
  [
    'mounts of a layer nest',
    async ({ t, driver, layer, id }) => {
      await layer(1, [FILE]);
      await layer(2, [{ path: 'two' }], 1);
      const paths = await Promise.all([driver.mount(id(2)), driver.mount(id(2)), driver.mount(id(2))]);
      t.is(new Set(paths).size, 1);
      await driver.unmount(id(2));
      await driver.unmount(id(2));
      t.deepEqual(readdirSync(paths[0]).sort(), ['file', 'two']);
      await driver.unmount(id(2));
      const again = await driver.mount(id(2));
      t.deepEqual(readdirSync(again).sort(), ['file', 'two']);
      await driver.unmount(id(2));
    },
  ],
  [
    'layers are unpacked at the same time',
    async ({ t, driver, layer, contents }) => {
      const numbers = [1, 2, 3, 4, 5, 6];
      await Promise.all(numbers.map((number) => layer(number, [{ path: `file-${number}`, content: `${number}` }])));
      t.is((await driver.list()).length, 6);
      t.deepEqual(await contents(4), { 'file-4': '4' });
    },
  ],
];
