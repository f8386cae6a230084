// A log that is begun anew without a sync: whatever part of it was on the disk when the power went, what is found is a commit, and
// none before what had been moved. The disk is made up: blocks of the log as it was before and as it was after.
import { closeSync, copyFileSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { Checkpoints } from '../../../src/store/checkpoints.ts';
import { type Db, openDatabase } from '../../../src/store/database.ts';
import { countFrames, readLogId } from '../../../src/store/log-frames.ts';
import { dropWrittenOver } from '../../../src/store/moved.ts';
import { Settings } from '../../../src/store/settings.ts';
import { tempdir } from '../../helpers/tempdir.ts';

const BLOCK = 4096;
const MOVED = 40;
const AFTER = 24;
const ROWS = 7;

/** Rows of a page and more: a commit changes three, of which two are always the same. */
function commit(db: Db, count: number): void {
  const settings = new Settings(db);
  db.transaction(() => {
    for (const name of ['first', `row ${count % ROWS}`, 'last']) settings.set(name, `${count} ${'x'.repeat(3000)}`);
  })();
}

interface Disk {
  readonly directory: string;
  readonly path: string;
  /** The log when all of it had been moved, and when it had been begun anew and committed to. */
  readonly before: Buffer;
  readonly after: Buffer;
}

async function makeDisk(t: ExecutionContext): Promise<Disk> {
  const directory = tempdir(t, 'moved');
  const path = join(directory, 'tsker.db');
  const db = openDatabase(path);
  const checkpoints = new Checkpoints(db, path);
  for (let count = 1; count <= MOVED; count += 1) commit(db, count);
  const before = readFileSync(`${path}-wal`);
  await checkpoints.move();
  for (let count = 1; count <= AFTER; count += 1) commit(db, MOVED + count);
  const after = readFileSync(`${path}-wal`);
  for (const suffix of ['', '-moved']) copyFileSync(path + suffix, `${path}.disk${suffix}`);
  t.is(after.length, before.length, 'it is written over');
  await checkpoints.close();
  return { directory, path: `${path}.disk`, before, after };
}

/** What is found when of the blocks of the log those are the old ones of which `isOld` says so. */
function find(t: ExecutionContext, disk: Disk, isOld: (block: number) => boolean, isNoted = true): number {
  const found = join(disk.directory, 'found.db');
  const log = Buffer.from(disk.after);
  for (let at = 0; at < log.length; at += BLOCK) {
    if (isOld(at / BLOCK)) disk.before.copy(log, at, at, Math.min(at + BLOCK, log.length));
  }
  copyFileSync(disk.path, found);
  if (isNoted) copyFileSync(`${disk.path}-moved`, `${found}-moved`);
  else rmSync(`${found}-moved`, { force: true });
  writeFileSync(`${found}-wal`, log);
  const db = openDatabase(found);
  try {
    t.is(db.pragma('integrity_check', { simple: true }), 'ok');
    const settings = new Settings(db);
    const numberOf = (name: string): number => Number(settings.get(name)?.split(' ')[0]);
    const count = numberOf('first');
    if (!isNoted) return count;
    t.is(numberOf('last'), count);
    for (let row = count; row > count - ROWS; row -= 1) t.is(numberOf(`row ${row % ROWS}`), row);
    return count;
  } finally {
    db.close();
  }
}

test('whatever was written over, what had been moved is there, and whole commits', async (t) => {
  const disk = await makeDisk(t);
  const blocks = Math.ceil(disk.after.length / BLOCK);
  const seen = new Set<number>();
  const look = (isOld: (block: number) => boolean): void => {
    const count = find(t, disk, isOld);
    t.true(count >= MOVED && count <= MOVED + AFTER, `${count}`);
    seen.add(count);
  };
  for (let cut = 0; cut <= blocks; cut += 3) {
    look((block) => block < cut);
    look((block) => block >= cut);
    look((block) => block === cut);
  }
  let random = 1;
  for (let round = 0; round < 100; round += 1) {
    look(() => {
      random = (random * 48_271) % 2_147_483_647;
      return random % 4 < round % 4;
    });
  }
  t.is(
    find(t, disk, () => false),
    MOVED + AFTER,
  );
  t.is(
    find(t, disk, () => true),
    MOVED,
  );
  t.true(seen.size > AFTER / 2, 'new commits are found, too');
});

test('without the note what had been moved would be taken back', async (t) => {
  const disk = await makeDisk(t);
  const found = [20, 40, 60, 80, 100].map((cut) => find(t, disk, (block) => block < cut, false));
  t.true(
    found.some((count) => count < MOVED),
    found.join(),
  );
});

test('as long as no frame was written over, nothing is dropped, however much of them was moved', async (t) => {
  const { directory, path, before } = await makeDisk(t);
  const whole = join(directory, 'whole.db');
  const frames = (before.length - 32) / (BLOCK + 24);
  for (const moved of [0, 1, frames - 1, frames]) {
    copyFileSync(path, whole);
    writeFileSync(`${whole}-wal`, before);
    writeFileSync(`${whole}-moved`, noteOf(before, moved));
    dropWrittenOver(whole);
    t.deepEqual(readFileSync(`${whole}-wal`), before, `${moved}`);
  }
  writeFileSync(`${whole}-moved`, noteOf(before, frames + 1));
  dropWrittenOver(whole);
  t.is(readFileSync(`${whole}-wal`).length, 0);
});

test('a note of another log, one that was being written, and one of another size say nothing', async (t) => {
  const { directory, path, before } = await makeDisk(t);
  const other = join(directory, 'other.db');
  const note = noteOf(before, 1_000_000);
  const torn = Buffer.from(note);
  torn.writeUInt8(torn.readUInt8(9) ^ 1, 9);
  const ofAnother = Buffer.from(before);
  ofAnother.writeUInt8(ofAnother.readUInt8(16) ^ 1, 16);
  copyFileSync(path, other);
  for (const said of [torn, noteOf(ofAnother, 1_000_000), Buffer.concat([note, note]), note.subarray(0, 8)]) {
    writeFileSync(`${other}-wal`, before);
    writeFileSync(`${other}-moved`, said);
    dropWrittenOver(other);
    t.is(readFileSync(`${other}-wal`).length, before.length);
  }
  // The last is brought into its form again.
  const db = openDatabase(other);
  const checkpoints = new Checkpoints(db, other);
  commit(db, 1000);
  await checkpoints.move();
  const again = readFileSync(`${other}-moved`);
  t.is(again.length, note.length);
  t.true(again.readUInt32LE(8) > 0);
  await checkpoints.close();
});

/** As it is written: the log's id, frames, a checksum. */
function noteOf(log: Buffer, frames: number): Buffer {
  const note = Buffer.alloc(16);
  log.copy(note, 0, 16, 24);
  note.writeUInt32LE(frames, 8);
  note.writeUInt32LE(crc32(note.subarray(0, 12)), 12);
  return note;
}

test('frames are counted as far as their checksums chain', async (t) => {
  const disk = await makeDisk(t);
  const count = (log: Buffer): number => {
    const path = join(disk.directory, 'log');
    writeFileSync(path, log);
    const file = openSync(path, 'r');
    const frames = countFrames(file, 1000);
    t.is(countFrames(file, 3), Math.min(3, frames));
    t.is(readLogId(file) === undefined, frames === 0);
    closeSync(file);
    return frames;
  };
  const frames = count(disk.before);
  t.is(frames, (disk.before.length - 32) / (BLOCK + 24));
  const damaged = Buffer.from(disk.before);
  damaged.writeUInt8(damaged.readUInt8(32 + 5 * (BLOCK + 24) + 100) ^ 1, 32 + 5 * (BLOCK + 24) + 100);
  t.is(count(damaged), 5);
  t.is(count(disk.before.subarray(0, -1)), frames - 1);
  t.is(count(disk.before.subarray(0, 20)), 0);
  t.is(count(Buffer.alloc(disk.before.length)), 0);
});
