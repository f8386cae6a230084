import test from 'ava';
import { Waiters } from '../../../../src/daemon/container/waiters.ts';

const answered = async (done: Promise<unknown>): Promise<boolean> =>
  Promise.race([done.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);

test('the end answers those who wait for it, the removal all others', async (t) => {
  const waiters = new Waiters();
  const next = waiters.add('next-exit');
  const stopped = waiters.add('not-running');
  const removed = waiters.add('removed');
  waiters.ending()({ StatusCode: 3 });
  t.deepEqual(await next.done, { StatusCode: 3 });
  t.deepEqual(await stopped.done, { StatusCode: 3 });
  t.false(await answered(removed.done));
  waiters.removed({ StatusCode: 3 });
  t.deepEqual(await removed.done, { StatusCode: 3 });
});

test('a removal answers those who wait for an end that will not come', async (t) => {
  const waiters = new Waiters();
  const next = waiters.add('next-exit');
  waiters.removed({ StatusCode: 0 });
  t.true(await answered(next.done));
});

test('one who went away is not answered', async (t) => {
  const waiters = new Waiters();
  const gone = waiters.add('next-exit');
  gone.cancel();
  waiters.ending()({ StatusCode: 0 });
  t.false(await answered(gone.done));
});

test('one who comes while an end is being dealt with waits for the next', async (t) => {
  const waiters = new Waiters();
  const first = waiters.add('next-exit');
  const tell = waiters.ending();
  const late = waiters.add('next-exit');
  const lateAndRemoved = waiters.add('removed');
  tell({ StatusCode: 1 });
  t.deepEqual(await first.done, { StatusCode: 1 });
  t.false(await answered(late.done));
  waiters.ending()({ StatusCode: 2 });
  t.deepEqual(await late.done, { StatusCode: 2 });
  t.false(await answered(lateAndRemoved.done));
});

test('one who goes away while an end is being dealt with is not answered', async (t) => {
  const waiters = new Waiters();
  const gone = waiters.add('not-running');
  const tell = waiters.ending();
  gone.cancel();
  tell({ StatusCode: 0 });
  t.false(await answered(gone.done));
});
