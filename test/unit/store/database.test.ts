import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { durable, openDatabase } from '../../../src/store/database.ts';
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

test('a durable transaction rolls back when its change throws, and leaves the sync mode as it was', (t) => {
  const db = openDatabase(databasePath(t));
  const settings = new Settings(db);
  t.throws(() =>
    durable(db, () => {
      settings.set('a', '1');
      throw new Error('no');
    }),
  );
  t.is(settings.get('a'), undefined);
  t.is(db.pragma('synchronous', { simple: true }), 1);
  db.close();
});
