import test from 'ava';
import { openDatabase } from '../../../src/store/database.ts';
import { TskerError } from '../../../src/util/errors.ts';
import { createLogger } from '../../../src/util/log.ts';
import { VolumeRows } from '../../../src/volume/rows.ts';
import type { VolumeDriver } from '../../../src/volume/volume.ts';
import { Volumes } from '../../../src/volume/volumes.ts';

/** A driver that keeps names, and fails when it is told to. */
function fakeDriver(name: string) {
  const has = new Set<string>();
  const state = { fail: '' };
  const maybeFail = (verb: string): void => {
    if (state.fail === verb) throw new TskerError('internal', `${verb} failed`);
  };
  const driver: VolumeDriver = {
    name,
    scope: async () => 'local',
    check: () => undefined,
    async create(volume) {
      has.add(volume.name);
      maybeFail('create');
    },
    async remove(volume) {
      maybeFail('remove');
      has.delete(volume);
    },
    path: async (volume) => `/${volume}`,
    mount: async (volume) => `/${volume}`,
    unmount: async () => undefined,
    get: async (volume) => (has.has(volume) ? { name: volume, mountpoint: `/${volume}` } : undefined),
    list: async () => [...has].map((volume) => ({ name: volume, mountpoint: `/${volume}` })),
  };
  return { driver, has, state };
}

function setUp() {
  const db = openDatabase(':memory:');
  const local = fakeDriver('local');
  const other = fakeDriver('other');
  const published: string[] = [];
  const rows = new VolumeRows(db);
  const open = () =>
    new Volumes({
      rows,
      drivers: {
        async get(name) {
          const found = [local, other].find(({ driver }) => driver.name === name);
          if (found === undefined) throw new TskerError('not_found', `no driver ${name}`);
          return found.driver;
        },
        all: async () => [local.driver, other.driver],
        used: () => ['local'],
      },
      log: createLogger('error', () => undefined),
      now: () => '2026-01-01T00:00:00Z',
      publish: (action, { name }) => void published.push(`${action} ${name}`),
    });
  return { open, volumes: open(), rows, local, other, published };
}

const wish = { driver: '', options: null, labels: null };

test('creating a volume twice makes one', async (t) => {
  const { volumes, published } = setUp();
  const first = await volumes.create({ ...wish, name: 'data', labels: { a: '1' } });
  const second = await volumes.create({ ...wish, name: 'data', labels: { a: '2' } });
  t.deepEqual(second, first);
  t.deepEqual(published, ['create data']);
});

test('a name belongs to one driver', async (t) => {
  const { volumes } = setUp();
  await volumes.create({ ...wish, name: 'data' });
  const error = await t.throwsAsync(volumes.create({ ...wish, name: 'data', driver: 'other' }));
  t.is((error as TskerError).code, 'conflict');
  t.is(error?.message, "create data: driver 'local' already has volume 'data': volume name must be unique");
});

test('a volume whose name is made up is marked as such', async (t) => {
  const { volumes } = setUp();
  const { name, labels } = await volumes.create({ ...wish, name: '' });
  t.regex(name, /^[0-9a-f]{64}$/);
  t.deepEqual(labels, { 'com.docker.volume.anonymous': '' });
});

test('what a container has is not removed', async (t) => {
  const { volumes } = setUp();
  await volumes.create({ ...wish, name: 'data', holder: 'c1' });
  volumes.hold('data', 'c2');
  await t.throwsAsync(volumes.remove('data', { force: true }), {
    message: 'remove data: volume is in use - [c1, c2]',
  });
  volumes.release('data', 'c1');
  volumes.release('data', 'c2');
  await volumes.remove('data', { force: false });
  await t.throwsAsync(volumes.get('data'), { message: 'get data: no such volume' });
});

test('a missing volume is not found, unless it is removed with force', async (t) => {
  const { volumes } = setUp();
  await t.throwsAsync(volumes.remove('no', { force: false }), { message: 'get no: no such volume' });
  await t.notThrowsAsync(volumes.remove('no', { force: true }));
});

test('a volume that cannot be made leaves nothing', async (t) => {
  const { volumes, local, rows } = setUp();
  local.state.fail = 'create';
  await t.throwsAsync(volumes.create({ ...wish, name: 'data' }), { message: 'create data: create failed' });
  t.deepEqual([rows.list(), [...local.has]], [[], []]);
});

test('a volume that cannot be removed stays', async (t) => {
  const { volumes, local } = setUp();
  await volumes.create({ ...wish, name: 'data' });
  local.state.fail = 'remove';
  await t.throwsAsync(volumes.remove('data', { force: true }), { message: 'remove data: remove failed' });
  t.is((await volumes.get('data')).name, 'data');
});

test('with force a volume is forgotten whose plugin cannot be asked', async (t) => {
  const { volumes, other, rows } = setUp();
  await volumes.create({ ...wish, name: 'far', driver: 'other' });
  other.state.fail = 'remove';
  await t.throwsAsync(volumes.remove('far', { force: false }), { message: 'remove far: remove failed' });
  await volumes.remove('far', { force: true });
  t.is(rows.get('far'), undefined);
});

test('volumes that only a driver knows are listed and found', async (t) => {
  const { volumes, other } = setUp();
  other.has.add('elsewhere');
  t.deepEqual(
    (await volumes.list()).volumes.map(({ name, driver }) => [name, driver]),
    [['elsewhere', 'other']],
  );
  t.is((await volumes.get('elsewhere')).driver, 'other');
});

test('a volume that its plugin has lost is made again', async (t) => {
  const { volumes, other, published } = setUp();
  await volumes.create({ ...wish, name: 'far', driver: 'other' });
  other.has.clear();
  await volumes.create({ ...wish, name: 'far', driver: 'other' });
  t.deepEqual(published, ['create far', 'create far']);
});

test('after a death: what was being made goes, what a container has stays, what was being removed is removed', async (t) => {
  const { open, volumes, rows, local } = setUp();
  const { name: left } = await volumes.create({ ...wish, name: '', provisional: true });
  const { name: kept } = await volumes.create({ ...wish, name: '', provisional: true });
  await volumes.create({ ...wish, name: 'ready' });
  await volumes.create({ ...wish, name: 'going' });
  rows.setState('going', 'removing');
  const next = open();
  await next.recover([[kept, 'c1']]);
  t.deepEqual((await next.list()).volumes.map(({ name }) => name).toSorted(), [kept, 'ready'].toSorted());
  t.deepEqual([...local.has].toSorted(), [kept, 'ready'].toSorted());
  t.deepEqual(next.holders(kept), ['c1']);
  t.false(local.has.has(left));
  t.deepEqual(rows.unfinished(), []);
});
