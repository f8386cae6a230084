import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Checkpoints } from '../../../src/store/checkpoints.ts';
import { type Db, openDatabase } from '../../../src/store/database.ts';
import { Reserve } from '../../../src/store/reserve.ts';
import { Settings } from '../../../src/store/settings.ts';

/** 1200 pages of the log, 256 free ones of the database. */
const LOG_BYTES = 1200 * (4096 + 24);
const PAGES = 256;

interface World {
  readonly db: Db;
  readonly path: string;
  readonly reserve: Reserve;
  readonly checkpoints: Checkpoints;
}

function setUp(t: ExecutionContext): World {
  const directory = mkdtempSync(join(tmpdir(), 'tsker-reserve-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'tsker.db');
  const db = openDatabase(path);
  const checkpoints = new Checkpoints(db, path);
  t.teardown(() => checkpoints.close());
  const reserve = new Reserve(db, path, checkpoints);
  t.teardown(() => reserve.close());
  return { db, path, reserve, checkpoints };
}

const isFilling = (db: Db): boolean =>
  db.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'reserve'").pluck().get() === 1;

const freePages = (db: Db): unknown => db.pragma('freelist_count', { simple: true });

test('the log and the free pages have their place in the files before anything is begun', (t) => {
  const { db, path, reserve } = setUp(t);
  reserve.require();
  t.true(statSync(`${path}-wal`).size >= LOG_BYTES);
  t.true(Number(freePages(db)) >= PAGES);
  // The pages are in the file itself, and not on their way to it.
  t.true(statSync(path).size >= PAGES * 4096);
  t.false(isFilling(db));
});

test('pages that were used up are kept again, and nobody waits for it', async (t) => {
  const { db, path, reserve } = setUp(t);
  reserve.require();
  const settings = new Settings(db);
  settings.set('long', 'x'.repeat(40 * 4096));
  const left = freePages(db);
  t.true(Number(left) < PAGES);
  reserve.require();
  await reserve.close();
  t.is(freePages(db), left, 'few are missing');
  settings.set('longer', 'x'.repeat(80 * 4096));
  reserve.require();
  reserve.require();
  t.true(Number(freePages(db)) < PAGES);
  await reserve.close();
  t.true(Number(freePages(db)) >= PAGES && Number(freePages(db)) < 2 * PAGES, 'once');
  t.is(statSync(path).size, Number(db.pragma('page_count', { simple: true })) * 4096, 'they are in the file itself');
  t.false(isFilling(db));
});

test('when too few are left, others are kept at once', (t) => {
  const { db, path, reserve } = setUp(t);
  reserve.require();
  new Settings(db).set('long', 'x'.repeat(200 * 4096));
  t.true(Number(freePages(db)) < PAGES / 4);
  reserve.require();
  t.true(Number(freePages(db)) >= PAGES);
  t.is(statSync(path).size, Number(db.pragma('page_count', { simple: true })) * 4096);
  t.false(isFilling(db));
  t.is(db.pragma('integrity_check', { simple: true }), 'ok');
});

test('while others are made ready nobody waits for more', async (t) => {
  const { db, reserve } = setUp(t);
  reserve.require();
  const settings = new Settings(db);
  settings.set('long', 'x'.repeat(100 * 4096));
  reserve.require();
  settings.set('longer', 'x'.repeat(100 * 4096));
  reserve.require();
  t.true(isFilling(db));
  t.true(Number(freePages(db)) < PAGES / 4);
  await reserve.close();
  t.true(Number(freePages(db)) >= PAGES);
  t.false(isFilling(db));
  t.is(db.pragma('integrity_check', { simple: true }), 'ok');
});

test('what goes wrong meanwhile is said, and tried again', async (t) => {
  const { db, path, reserve, checkpoints } = setUp(t);
  reserve.require();
  new Settings(db).set('long', 'x'.repeat(100 * 4096));
  const said: string[] = [];
  let fails = true;
  const failing = new Reserve(
    db,
    path,
    {
      settle: () => checkpoints.settle(),
      move: () => (fails ? Promise.reject(new Error('the disk')) : checkpoints.move()),
    },
    { warn: (message, fields) => void said.push(`${message}: ${fields?.['error']}`) },
  );
  failing.require();
  await failing.close();
  t.deepEqual(said, ['cannot keep more room in the database: the disk']);
  t.false(isFilling(db));
  new Settings(db).set('longer', 'x'.repeat(90 * 4096));
  fails = false;
  failing.require();
  await failing.close();
  t.is(said.length, 1);
  t.true(Number(freePages(db)) >= PAGES);
});

test('who was killed while pages were made ready leaves them to the next', (t) => {
  const { db, reserve } = setUp(t);
  db.exec('CREATE TABLE reserve (filler BLOB)');
  db.prepare('INSERT INTO reserve VALUES (zeroblob(1048576))').run();
  reserve.require();
  t.false(isFilling(db));
  t.true(Number(freePages(db)) >= PAGES);
});

test('what is kept writes nothing to the disk a second time', (t) => {
  const { db, path, reserve } = setUp(t);
  reserve.require();
  const changes = db.pragma('data_version', { simple: true });
  const { mtimeMs } = statSync(path);
  for (let i = 0; i < 100; i += 1) reserve.require();
  t.is(db.pragma('data_version', { simple: true }), changes);
  t.is(statSync(path).mtimeMs, mtimeMs);
});

test('a log that was kept and cut off by a crash holds what was committed, and nothing else', (t) => {
  const { db, path, reserve } = setUp(t);
  reserve.require();
  const settings = new Settings(db);
  settings.set('before', 'the crash');
  const copy = `${path}.crashed`;
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  const again = openDatabase(copy);
  t.teardown(() => again.close());
  t.is(new Settings(again).get('before'), 'the crash');
  t.is(again.pragma('integrity_check', { simple: true }), 'ok');
  t.true(Number(freePages(again)) >= PAGES);
});

test('there is room or there is not', (t) => {
  t.false(setUp(t).reserve.isShort);
});
