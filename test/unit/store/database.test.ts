import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isForWantOfRoom, onDisk, openDatabase } from '../../../src/store/database.ts';
import { Settings } from '../../../src/store/settings.ts';
import { TskerError } from '../../../src/util/errors.ts';

function databasePath(t: { teardown(fn: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsker-db-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'tsker.db');
}

test('a database opens again with its schema and its rows', (t) => {
  const path = databasePath(t);
  const first = openDatabase(path);
  new Settings(first).set('driver', 'overlay');
  first.close();
  const second = openDatabase(path);
  t.is(new Settings(second).get('driver'), 'overlay');
  t.is(new Settings(second).get('missing'), undefined);
  second.close();
});

test('a database of a newer tsker is refused with a hint', (t) => {
  const path = databasePath(t);
  const db = openDatabase(path);
  db.pragma('user_version = 999');
  db.close();
  const error = t.throws(() => openDatabase(path), { instanceOf: TskerError });
  t.is(error?.code, 'unsupported');
  t.truthy(error?.hint);
});

test('what was committed is said to be on the disk: of a database in a file, in memory, and of one that was closed', async (t) => {
  const path = databasePath(t);
  const db = openDatabase(path);
  new Settings(db).set('a', '1');
  await t.notThrowsAsync(onDisk(db));
  db.close();
  await t.notThrowsAsync(onDisk(db), 'closing it has moved the log');
  await t.notThrowsAsync(onDisk(openDatabase(':memory:')));
});

test('a log that cannot be synced is told of', async (t) => {
  const path = databasePath(t);
  const db = openDatabase(path);
  db.close();
  symlinkSync('/dev/full', `${path}-wal`);
  const error = await t.throwsAsync(onDisk(db), { instanceOf: TskerError });
  t.is(error?.code, 'internal');
  t.regex(error?.message ?? '', /may not be on the disk: EINVAL/);
});

for (const [what, content] of [
  [
    'words',
    Buffer.from('this is no database at all, but it is longer than a header of SQLite needs to be seen as one.'),
  ],
  ['a header with rubbish behind it', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8000, 0x5a)])],
] as const) {
  test(`a file that is ${what} is refused by its name, and left as it was`, (t) => {
    const path = databasePath(t);
    writeFileSync(path, content);
    const error = t.throws(() => openDatabase(path), { instanceOf: TskerError });
    t.is(error?.code, 'internal');
    t.true(error?.message.startsWith(`cannot open the database ${path}: `), error?.message);
    t.deepEqual(readFileSync(path), content);
  });
}

test('only root can read it', (t) => {
  const path = databasePath(t);
  const db = openDatabase(path);
  t.teardown(() => db.close());
  db.exec('CREATE TABLE x (y)');
  t.deepEqual(
    ['', '-wal', '-shm'].map((suffix) => statSync(path + suffix).mode & 0o777),
    [0o600, 0o600, 0o600],
  );
});

test('a change that finds no room is told apart, also from inside other errors', (t) => {
  const db = openDatabase(databasePath(t));
  t.teardown(() => void db.close());
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  const full = t.throws(() => new Settings(db).set('large', 'x'.repeat(1_000_000)));
  t.true(isForWantOfRoom(full));
  t.true(
    isForWantOfRoom(
      new Error('outer', { cause: new AggregateError([new Error('x'), new Error('y', { cause: full })]) }),
    ),
  );
  for (const other of [new Error('no'), undefined, 'SQLITE_FULL', t.throws(() => db.prepare('NONSENSE'))]) {
    t.false(isForWantOfRoom(other));
  }
});
