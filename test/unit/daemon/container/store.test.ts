import test, { type ExecutionContext } from 'ava';
import type { ContainerRecord } from '../../../../src/daemon/container/record.ts';
import { ContainerStore } from '../../../../src/daemon/container/store.ts';
import { openDatabase } from '../../../../src/store/database.ts';
import { TskerError } from '../../../../src/util/errors.ts';

const record = (id: string, name: string): ContainerRecord =>
  ({
    id: id.padEnd(64, '0'),
    name,
    created: '2026-01-01T00:00:00.5Z',
    imageId: 'sha256:x',
    config: { Image: 'x', Labels: {} },
    endpoints: [],
    restartCount: 0,
    state: { status: 'created', pid: 0, exitCode: 0, error: '', oomKilled: false, startedAt: '', finishedAt: '' },
  }) as unknown as ContainerRecord;

function setUp(t: ExecutionContext) {
  const db = openDatabase(':memory:');
  t.teardown(() => void db.close());
  return { db, store: new ContainerStore(db) };
}

test('a container is found by id, by name with and without slash, and by a unique prefix', (t) => {
  const { store } = setUp(t);
  const container = store.insert(record('abc1', 'web'));
  for (const reference of [container.id, 'web', '/web', 'abc', 'abc1']) t.is(store.resolve(reference), container);
});

test('a name wins over a prefix', (t) => {
  const { store } = setUp(t);
  store.insert(record('cafe', 'other'));
  const named = store.insert(record('beef', 'cafe'));
  t.is(store.resolve('cafe'), named);
});

test('an ambiguous prefix says so, an unknown one too', (t) => {
  const { store } = setUp(t);
  store.insert(record('abc1', 'one'));
  store.insert(record('abc2', 'two'));
  t.is(t.throws(() => store.resolve('abc'))?.message, 'multiple IDs found with provided prefix: abc');
  const error = t.throws(() => store.resolve('zzz'), { instanceOf: TskerError });
  t.is(error?.message, 'No such container: zzz');
  t.is(error?.status, 404);
});

test('a name that is taken is refused in the words of Docker', (t) => {
  const { store } = setUp(t);
  const { id } = store.insert(record('abc1', 'web'));
  const error = t.throws(() => store.reserveName('web', 'abc2'), { instanceOf: TskerError });
  t.is(
    error?.message,
    `Conflict. The container name "/web" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
  t.is(error?.status, 409);
});

test('a name is kept for a container that is being made, and given back', (t) => {
  const { store } = setUp(t);
  const reservation = store.reserveName('web', 'abc1');
  t.true(store.hasName('web'));
  t.regex(t.throws(() => store.reserveName('web', 'abc2'))?.message ?? '', /in use by container "abc1"/);
  reservation[Symbol.dispose]();
  t.false(store.hasName('web'));
});

test('what was stored is there for the next daemon', (t) => {
  const { db, store } = setUp(t);
  const container = store.insert(record('abc1', 'web'));
  store.transition(container, { status: 'running', pid: 42 });
  const next = new ContainerStore(db).resolve('web');
  t.like(next.record.state, { status: 'running', pid: 42 });
  t.deepEqual(db.prepare('SELECT state FROM containers').all(), [{ state: 'running' }]);
});

test('an impossible transition changes nothing', (t) => {
  const { db, store } = setUp(t);
  const container = store.insert(record('abc1', 'web'));
  t.throws(() => store.transition(container, { status: 'paused' }), { instanceOf: TskerError });
  t.is(container.record.state.status, 'created');
  t.deepEqual(db.prepare('SELECT state FROM containers').all(), [{ state: 'created' }]);
});

test('a deleted container gives its name back', (t) => {
  const { store } = setUp(t);
  store.delete(store.insert(record('abc1', 'web')));
  t.false(store.hasName('web'));
  t.notThrows(() => store.insert(record('abc2', 'web')));
  t.is(store.list().length, 1);
});
