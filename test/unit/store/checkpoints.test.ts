import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  copyFileSync,
  mkdtempSync,
  open as openFile,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Checkpoints } from '../../../src/store/checkpoints.ts';
import { type Db, openDatabase } from '../../../src/store/database.ts';
import { Settings } from '../../../src/store/settings.ts';
import { waitFor } from '../../helpers/wait.ts';

function setUp(t: ExecutionContext): { db: Db; path: string; checkpoints: Checkpoints } {
  const directory = mkdtempSync(join(tmpdir(), 'tsker-checkpoints-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'tsker.db');
  const db = openDatabase(path);
  return { db, path, checkpoints: new Checkpoints(db, path) };
}

const stateOf = (db: Db) => db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as { log: number; checkpointed: number };

/** Each commit takes at least one page of the log. */
function commit(settings: Settings, first: number, count: number): void {
  for (let i = first; i < first + count; i += 1) settings.set('count', String(i));
}

/** That all is moved is seen before the disk has it. The count after the last that was committed. */
async function commitUntilBegunAnew(db: Db, first: number): Promise<number> {
  const settings = new Settings(db);
  let count = first;
  await waitFor('the log to be begun anew', () => {
    commit(settings, count, 1);
    count += 1;
    return stateOf(db).log < 10;
  });
  return count;
}

/** The value that a daemon would find that starts now, after this one was killed. */
function valueAfterCrash(t: ExecutionContext, path: string): number {
  const copy = `${path}.crashed`;
  for (const suffix of ['', '-wal', '-moved']) copyFileSync(path + suffix, copy + suffix);
  const again = openDatabase(copy);
  t.is(again.pragma('integrity_check', { simple: true }), 'ok');
  const value = Number(new Settings(again).get('count'));
  again.close();
  return value;
}

test.serial('a log that has grown is moved into the database, and begun anew', async (t) => {
  const { db, checkpoints } = setUp(t);
  const settings = new Settings(db);
  commit(settings, 0, 130);
  await setTimeout(300);
  t.is(stateOf(db).checkpointed, 0, 'it is not worth it yet');
  commit(settings, 130, 570);
  t.true(stateOf(db).log >= 700);
  const next = await commitUntilBegunAnew(db, 700);
  t.is(settings.get('count'), String(next - 1));
  await checkpoints.close();
});

test.serial('what is committed is moved when that is wanted, by all who want it', async (t) => {
  const { db, path, checkpoints } = setUp(t);
  commit(new Settings(db), 0, 20);
  await Promise.all([checkpoints.move(), checkpoints.move()]);
  t.is(stateOf(db).log, 1, 'it was begun anew');
  const alone = `${path}.alone`;
  copyFileSync(path, alone);
  const again = openDatabase(alone);
  t.is(new Settings(again).get('count'), '19', 'without the log');
  again.close();
  commit(new Settings(db), 20, 20);
  t.is(valueAfterCrash(t, path), 39);
  await checkpoints.move();
  t.is(valueAfterCrash(t, path), 39);
  await checkpoints.close();
});

test.serial('a crash at any time loses nothing that was committed', async (t) => {
  const { db, path, checkpoints } = setUp(t);
  const settings = new Settings(db);
  const seen = new Set<string>();
  let count = 0;
  const end = Date.now() + 3000;
  while (Date.now() < end || seen.size < 2) {
    commit(settings, count, 20);
    count += 20;
    const { checkpointed } = stateOf(db);
    const state = checkpointed === 0 ? 'none is moved' : 'some is moved';
    if (!seen.has(state)) t.is(valueAfterCrash(t, path), count - 1, state);
    seen.add(state);
    await setImmediate();
    t.true(Date.now() < end + 60_000, [...seen].join());
  }
  await checkpoints.close();
});

/** In the order in which they were opened. */
function descriptorsOf(path: string): number[] {
  const isOfFile = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // the directory's own
    }
  };
  return readdirSync('/proc/self/fd')
    .filter(isOfFile)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Keeps all of libuv's threads busy, until the function is called that it answers, or the test has ended. */
function occupyThreads(t: ExecutionContext, directory: string, name: string): () => void {
  const fifos = Array.from({ length: Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) }, (_, i) =>
    join(directory, `${name}-${i}`),
  );
  execFileSync('mkfifo', fifos);
  for (const fifo of fifos) openFile(fifo, 'r', (_, fd) => closeSync(fd));
  const release = (): void => {
    for (const fifo of fifos) closeSync(openSync(fifo, constants.O_RDWR));
  };
  t.teardown(release);
  return release;
}

/** A round is under way: 700 are committed, and until `release` the disk has not all of the log. */
async function waitForTheLog(t: ExecutionContext) {
  const world = setUp(t);
  const settings = new Settings(world.db);
  const release = occupyThreads(t, dirname(world.path), 'log');
  commit(settings, 0, 700);
  const { log } = stateOf(world.db);
  await setTimeout(300);
  return { ...world, settings, log, release };
}

test.serial(
  'as long as the disk has not all of it, the log is not begun anew, and what is committed stays in it',
  async (t) => {
    const { db, path, checkpoints, settings, log, release } = await waitForTheLog(t);
    t.deepEqual(stateOf(db), { busy: 0, log, checkpointed: 0 }, 'the log is not on the disk');
    commit(settings, 700, 5);
    const releaseAgain = occupyThreads(t, dirname(path), 'database');
    release();
    await waitFor('the pages to be copied', () => stateOf(db).checkpointed > 0);
    t.is(stateOf(db).checkpointed, log, 'what was committed later may not be on the disk');
    t.is(valueAfterCrash(t, path), 704);
    commit(settings, 705, 5);
    t.true(stateOf(db).log > log + 5, 'the database is not on the disk');
    t.is(valueAfterCrash(t, path), 709);
    releaseAgain();
    await commitUntilBegunAnew(db, 710);
    await checkpoints.close();
  },
);

test.serial('a round is ended at once when all is to be moved, and leaves that to SQLite', async (t) => {
  const { db, checkpoints, settings, release } = await waitForTheLog(t);
  commit(settings, 700, 5);
  checkpoints.settle();
  db.pragma('wal_checkpoint(PASSIVE)');
  t.is(stateOf(db).checkpointed, stateOf(db).log);
  release();
  await checkpoints.close();
});

test.serial('when the database does not reach the disk, the log stays', async (t) => {
  const { db, path, checkpoints, settings, log, release } = await waitForTheLog(t);
  const releaseAgain = occupyThreads(t, dirname(path), 'database');
  release();
  await waitFor('the pages to be copied', () => stateOf(db).checkpointed === log);
  // Descriptors that cannot be synced stand for a disk that fails: of the file SQLite has the first and the last.
  for (const fd of descriptorsOf(path).slice(1, -1)) closeSync(fd);
  releaseAgain();
  await setTimeout(300);
  t.throws(() => checkpoints.settle(), { message: 'the database cannot be written to the disk' });
  commit(settings, 700, 5);
  t.true(stateOf(db).log > log);
  t.is(valueAfterCrash(t, path), 704);
});

test.serial('what is closed keeps no descriptor, and what is under way ends', async (t) => {
  const { db, path, checkpoints } = setUp(t);
  const settings = new Settings(db);
  commit(settings, 0, 800);
  await setTimeout(110);
  await checkpoints.close();
  t.deepEqual(
    ['', '-wal', '-shm', '-moved'].flatMap((suffix) => descriptorsOf(path + suffix)),
    [],
  );
  const again = openDatabase(path);
  t.is(new Settings(again).get('count'), '799');
  again.close();
});
