import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { createClock } from '../../../src/daemon/clock.ts';
import { EventLog } from '../../../src/daemon/events.ts';
import { openDatabase } from '../../../src/store/database.ts';
import type { EventMessage } from '../../../src/types/event.ts';

function setUp(t: ExecutionContext) {
  const db = openDatabase(':memory:');
  const clock = createClock();
  const log = new EventLog(db, clock, { isShort: false });
  t.teardown(() => {
    log.close();
    db.close();
  });
  return { clock, log, db };
}

const event = (action: string, type: 'container' | 'image' | 'network' = 'container') => ({
  type,
  action,
  id: 'abc',
  attributes: { image: 'busybox', name: 'web' },
});

const EVERYTHING = { since: undefined, until: undefined, filters: new Map<string, readonly string[]>() };

async function collect(batches: AsyncIterable<readonly EventMessage[]>): Promise<string[]> {
  const actions: string[] = [];
  for await (const batch of batches) actions.push(...batch.map(({ Action }) => Action));
  return actions;
}

test('a listener hears everything from the moment it subscribed, in order', async (t) => {
  const { log } = setUp(t);
  const controller = new AbortController();
  log.emit(event('before'));
  const heard = log.subscribe(EVERYTHING, controller.signal);
  t.is(log.listenerCount, 1);
  log.emit(event('one'));
  log.emit(event('two'));
  controller.abort();
  t.deepEqual(await collect(heard), ['one', 'two']);
  t.is(log.listenerCount, 0);
});

test('since finds what is stored, and goes on without a gap or a repetition', async (t) => {
  const { log, clock } = setUp(t);
  log.emit(event('too early'));
  const since = clock();
  log.emit(event('stored'));
  const controller = new AbortController();
  const heard = log.subscribe({ ...EVERYTHING, since }, controller.signal);
  log.emit(event('live'));
  controller.abort();
  t.deepEqual(await collect(heard), ['stored', 'live']);
});

test('a time in the past ends the stream at once', async (t) => {
  const { log, clock } = setUp(t);
  const since = clock();
  log.emit(event('inside'));
  const until = clock();
  log.emit(event('outside'));
  const heard = log.subscribe({ ...EVERYTHING, since, until }, new AbortController().signal);
  t.deepEqual(await collect(heard), ['inside']);
});

test('a time in the future ends the stream when it comes', async (t) => {
  const { log, clock } = setUp(t);
  const heard = log.subscribe({ ...EVERYTHING, until: clock() + 50_000_000n }, new AbortController().signal);
  log.emit(event('inside'));
  t.deepEqual(await collect(heard), ['inside']);
});

test('containers and images carry the old spelling, networks do not', async (t) => {
  const { log } = setUp(t);
  const controller = new AbortController();
  const heard = log.subscribe(EVERYTHING, controller.signal);
  log.emit(event('start'));
  log.emit(event('pull', 'image'));
  log.emit(event('connect', 'network'));
  controller.abort();
  const messages: EventMessage[] = [];
  for await (const batch of heard) messages.push(...batch);
  const [container, image, network] = messages;
  t.like(container, {
    status: 'start',
    id: 'abc',
    from: 'busybox',
    Type: 'container',
    Action: 'start',
    scope: 'local',
  });
  t.like(image, { status: 'pull', id: 'abc' });
  t.false('from' in (image ?? {}));
  t.false('status' in (network ?? {}));
  t.is(container?.time, Math.floor((container?.timeNano ?? 0) / 1e9));
});

test('a listener that does not read is cut off instead of filling the memory', async (t) => {
  const { log } = setUp(t);
  const heard = log.subscribe(EVERYTHING, new AbortController().signal);
  for (let count = 0; count < 20_000; count += 1) log.emit(event('flood'));
  t.is(log.listenerCount, 0);
  t.true((await collect(heard)).length < 20_000);
});

test('the store is bounded', async (t) => {
  const { log } = setUp(t);
  for (let round = 0; round < 12; round += 1) {
    for (let count = 0; count < 512; count += 1) log.emit(event('flood'));
    log.flush();
  }
  const heard = log.subscribe({ ...EVERYTHING, since: 1n, until: 2n ** 62n }, AbortSignal.timeout(10));
  t.true((await collect(heard)).length <= 4096 + 512);
});

test('events that a full disk does not take are heard, and stored when there is room', async (t) => {
  const { log, db } = setUp(t);
  const pages = db.pragma('page_count', { simple: true }) as number;
  db.pragma(`max_page_count = ${pages}`);
  const end = new AbortController();
  const heard = log.subscribe(EVERYTHING, end.signal);
  for (let index = 0; index < 500; index += 1) log.emit({ ...event('lost'), attributes: { text: 'x'.repeat(500) } });
  await new Promise((resolve) => setImmediate(resolve));
  t.notThrows(() => log.flush());
  db.pragma('max_page_count = 1000000');
  log.emit(event('late'));
  await new Promise((resolve) => setImmediate(resolve));
  end.abort();
  t.is((await collect(heard)).length, 501);
  t.is(db.prepare<[], { n: number }>('SELECT count(*) AS n FROM events').get()?.n, 501);
});

test('events wait for room on a full disk, and are heard and found meanwhile', async (t) => {
  const db = openDatabase(':memory:');
  const disk = { isShort: true };
  const clock = createClock();
  const log = new EventLog(db, clock, disk);
  const stored = () => db.prepare('SELECT count(*) FROM events').pluck().get();
  const began = clock();
  log.emit(event('start'));
  await turn();
  t.is(stored(), 0);
  const heard = log.subscribe({ ...EVERYTHING, since: began, until: clock() }, new AbortController().signal);
  t.deepEqual(await collect(heard), ['start']);
  disk.isShort = false;
  log.emit(event('die'));
  await turn();
  t.is(stored(), 2);
  log.close();
  db.close();
});
