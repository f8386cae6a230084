import test from 'ava';
import { chainIdOf } from '../../../src/layer/chain-id.ts';
import { DriverLayerStore } from '../../../src/layer/store.ts';
import type { Layer } from '../../../src/layer/store.types.ts';
import type { Op } from '../../../src/native/ops.ts';
import { type Db, openDatabase } from '../../../src/store/database.ts';
import { Settings } from '../../../src/store/settings.ts';
import { TskerError } from '../../../src/util/errors.ts';
import { fakeDriver } from './fake-driver.ts';

interface Setup {
  readonly independentLayers?: boolean;
}

function setUp({ independentLayers = true }: Setup = {}) {
  const db = openDatabase(':memory:');
  const driver = fakeDriver({ independentLayers });
  const closed: number[] = [];
  const plans: Op[] = [];
  const native = {
    close: (fd: number): void => void closed.push(fd),
    runPlan: async (ops: readonly Op[]): Promise<void> => void plans.push(...ops),
    open: () => 3,
    pipe: () => ({ read: 4, write: 5 }),
    pack: () => Promise.reject(new Error('the fake driver packs nothing')),
    packList: () => Promise.reject(new Error('the fake driver packs nothing')),
    assemble: () => Promise.reject(new Error('the fake driver keeps no tars')),
  };
  /** The store of a daemon that starts on this boot. */
  const open = (bootId = 'boot-1'): DriverLayerStore =>
    new DriverLayerStore({
      db,
      driver,
      native,
      root: '/root',
      settings: new Settings(db),
      bootId,
      log: { warn: () => undefined },
    });
  return { db, driver, store: open(), open, closed, plans };
}

type World = ReturnType<typeof setUp>;

/** Unpacks and commits a layer whose diff id is `sha256:<fd>`. */
async function add({ store }: Pick<World, 'store'>, fd: number, parent?: Layer): Promise<Layer> {
  const staged = await store.stage({ fd, parent: Promise.resolve(parent) });
  return await staged.commit(parent?.chainId);
}

async function chainOf(world: World, ...fds: number[]): Promise<Layer[]> {
  const layers: Layer[] = [];
  for (const fd of fds) layers.push(await add(world, fd, layers.at(-1)));
  return layers;
}

function addImage(db: Db, id: string, chainId: string): void {
  db.prepare('INSERT INTO images (id, config, chain_id, created_at, tagged_at) VALUES (?, ?, ?, 0, 0)').run(
    id,
    Buffer.from('{}'),
    chainId,
  );
}

test('a chain of layers has chain ids, sizes and its parents linked in the driver', async (t) => {
  const world = setUp();
  const [base, top] = await chainOf(world, 100, 7);
  t.is(base?.chainId, 'sha256:100');
  t.is(top?.chainId, chainIdOf('sha256:7', 'sha256:100'));
  t.deepEqual(world.store.get(top?.chainId ?? ''), top);
  t.is(world.store.chainSize(top?.chainId ?? ''), 107);
  t.is(world.driver.directories.get(top?.cacheId ?? '')?.parent, base?.cacheId);
  t.deepEqual(world.store.metadata(top?.chainId ?? ''), { UpperDir: `/${top?.cacheId}` });
});

test('a staged layer tells both digests and is no layer before it is committed', async (t) => {
  const { store, driver } = setUp();
  const staged = await store.stage({ fd: 5, parent: Promise.resolve(undefined) });
  t.like(staged, { diffId: 'sha256:5', digest: 'sha256:blob-5', size: 5, bytesIn: 10 });
  t.is(store.get('sha256:5'), undefined);
  await staged.discard();
  t.is(driver.directories.size, 0);
  await t.throwsAsync(staged.commit(undefined), { message: /committed or discarded already/ });
});

test('of two copies of a layer one stays, whichever is committed first', async (t) => {
  const { store, driver } = setUp();
  const stage = () => store.stage({ fd: 5, parent: Promise.resolve(undefined) });
  const [one, two, late] = [await stage(), await stage(), await stage()];
  const [first, second] = await Promise.all([one.commit(undefined), two.commit(undefined)]);
  t.is(first.cacheId, second.cacheId);
  t.is((await late.commit(undefined)).cacheId, first.cacheId);
  t.deepEqual([...driver.directories.keys()], [first.cacheId]);
});

test('a layer whose link fails, or whose parent is gone, leaves nothing', async (t) => {
  const { store, driver } = setUp();
  const stage = () => store.stage({ fd: 5, parent: Promise.resolve(undefined) });
  await t.throwsAsync((await stage()).commit('sha256:none'), {
    instanceOf: TskerError,
    message: /no layer sha256:none/,
  });
  driver.failing.add('setParent');
  await t.throwsAsync((await stage()).commit(undefined), { message: 'setParent failed' });
  t.is(driver.directories.size, 0);
  t.is(store.get('sha256:5'), undefined);
});

test('when cleaning up fails as well, both errors are told', async (t) => {
  const { store, driver } = setUp();
  const staged = await store.stage({ fd: 5, parent: Promise.resolve(undefined) });
  driver.failing.add('setParent').add('remove');
  await t.throwsAsync(staged.commit(undefined), {
    message: 'setParent failed (and cleaning up failed: remove failed)',
  });
});

test('a driver that needs the parent waits for it, and gets none when it fails', async (t) => {
  const world = setUp({ independentLayers: false });
  const { store, driver, closed } = world;
  const base = await add(world, 1);
  const top = await add(world, 2, base);
  t.is(driver.directories.get(top.cacheId)?.parent, base.cacheId);
  const failed = store.stage({ fd: 3, parent: Promise.reject(new Error('parent failed')) });
  await t.throwsAsync(failed, { message: 'parent failed' });
  t.deepEqual(closed, [3]);
  const elsewhere = await store.stage({ fd: 4, parent: Promise.resolve(base) });
  await t.throwsAsync(elsewhere.commit(undefined), { message: /was unpacked on sha256:1, not on nothing/ });
});

test('release removes a chain from the top down to what is still needed', async (t) => {
  const world = setUp();
  const { store, db, driver } = world;
  const [one, two, three] = await chainOf(world, 1, 2, 3);
  const other = await add(world, 9, one);
  addImage(db, 'image', two?.chainId ?? '');
  await store.release(three?.chainId ?? '');
  t.deepEqual(
    [one, two, three, other].map((layer) => store.get(layer?.chainId ?? '') !== undefined),
    [true, true, false, true],
  );
  db.prepare('DELETE FROM images').run();
  await store.release(two?.chainId ?? '');
  await store.release(two?.chainId ?? '');
  await store.release(other.chainId);
  t.is(driver.directories.size, 0);
});

test("a container's layer keeps its chain, and is made on top of it", async (t) => {
  const world = setUp();
  const { store, driver } = world;
  const [base] = await chainOf(world, 5);
  const id = 'c'.repeat(64);
  const layer = await store.createContainerLayer(id, base?.chainId);
  t.deepEqual(layer, { rootfs: { type: 'bind', source: `/${id}`, options: [] }, metadata: { UpperDir: `/${id}` } });
  t.is(driver.directories.get(id)?.parent, base?.cacheId);
  await store.release(base?.chainId ?? '');
  t.not(store.get(base?.chainId ?? ''), undefined);
  t.deepEqual(await store.containerSize(id), { sizeRw: 3, sizeRootFs: 8 });
  t.deepEqual(await store.containerChanges(id), [{ path: `/${id}/${base?.cacheId}`, kind: 'added' }]);
  const mounted = await store.mountContainer(id);
  t.is(mounted.path, `/mnt/${id}`);
  await mounted.release();
  await store.removeContainerLayer(id);
  await store.removeContainerLayer(id);
  t.throws(() => store.containerLayer(id), { message: /has no layer/ });
  await store.release(base?.chainId ?? '');
  t.is(driver.directories.size, 0);
});

test("a container's layer that cannot be made is forgotten, one that cannot be removed is not", async (t) => {
  const { store, driver } = setUp();
  driver.failing.add('createWritable');
  await t.throwsAsync(store.createContainerLayer('one', undefined), { message: 'createWritable failed' });
  t.throws(() => store.containerLayer('one'));
  driver.failing.clear();
  await store.createContainerLayer('one', undefined);
  driver.failing.add('remove');
  await t.throwsAsync(store.removeContainerLayer('one'), { message: 'remove failed' });
  t.notThrows(() => store.containerLayer('one'));
  await t.throwsAsync(store.createContainerLayer('two', 'sha256:none'), { message: /does not exist/ });
});

test('recovery removes directories without a row and rows without a directory', async (t) => {
  const world = setUp();
  const { store, driver, open } = world;
  const [base, top] = await chainOf(world, 1, 2);
  await store.createContainerLayer('container', base?.chainId);
  await store.createContainerLayer('lost', base?.chainId);
  driver.directories.set('leftover', { parent: undefined });
  driver.directories.delete(top?.cacheId ?? '');
  driver.directories.delete('lost');
  const next = open();
  await next.recover();
  t.deepEqual([...driver.directories.keys()].sort(), [base?.cacheId ?? '', 'container'].sort());
  t.is(next.get(top?.chainId ?? ''), undefined);
  t.throws(() => next.containerLayer('lost'));
  t.notThrows(() => next.containerLayer('container'));
});

test('after a power cut, layers that were not synced are given up until they are fetched again', async (t) => {
  const world = setUp();
  const { store, db, driver, open, plans } = world;
  await store.recover();
  const [safe] = await chainOf(world, 1);
  await store.sync();
  t.deepEqual(plans, [{ op: 'SYNCFS', path: '/root' }]);
  const torn = await add(world, 2, safe);
  addImage(db, 'image', torn.chainId);

  const afterCrash = open('boot-1');
  await afterCrash.recover();
  t.not(afterCrash.get(torn.chainId), undefined, 'a crash of the daemon alone loses nothing');

  const afterCut = open('boot-2');
  await afterCut.recover();
  t.is(afterCut.get(torn.chainId), undefined);
  t.not(afterCut.get(safe?.chainId ?? ''), undefined);
  t.deepEqual([...driver.directories.keys()], [safe?.cacheId]);
  await t.throwsAsync(afterCut.createContainerLayer('c', torn.chainId), { message: /does not exist/ });

  const again = await add({ store: afterCut }, 2, safe);
  t.is(again.chainId, torn.chainId);
  t.not(again.cacheId, torn.cacheId);
  t.deepEqual(afterCut.get(torn.chainId), again);
  db.prepare('DELETE FROM images').run();
  await afterCut.release(again.chainId);
  t.is(driver.directories.size, 0);
});

test('a lost layer that nobody needs any more goes with its image', async (t) => {
  const world = setUp();
  const { store, db, driver, open } = world;
  await store.recover();
  const [base, top] = await chainOf(world, 1, 2);
  addImage(db, 'image', top?.chainId ?? '');
  const next = open('boot-2');
  await next.recover();
  db.prepare('DELETE FROM images').run();
  await next.release(top?.chainId ?? '');
  t.is(db.prepare('SELECT count(*) AS n FROM layers').pluck().get(), 0);
  t.is(driver.directories.size, 0);
  t.is(next.get(base?.chainId ?? ''), undefined);
});
