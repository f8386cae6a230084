import test from 'ava';
import { Limiter } from '../../../src/registry/limiter.ts';

const never = new AbortController().signal;

test('no more than the limit are in at once, and they come in in order', async (t) => {
  const limiter = new Limiter(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const visit = async (index: number): Promise<void> => {
    const leave = await limiter.acquire(never);
    order.push(index);
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 2));
    inside -= 1;
    leave();
    leave();
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(visit));
  t.is(most, 2);
  t.deepEqual(order, [0, 1, 2, 3, 4, 5]);
});

test('who is cancelled while waiting leaves the queue, and the next one comes in', async (t) => {
  const limiter = new Limiter(1);
  const leave = await limiter.acquire(never);
  const controller = new AbortController();
  let waited = false;
  const cancelled = limiter.acquire(controller.signal, () => {
    waited = true;
  });
  const next = limiter.acquire(never);
  controller.abort();
  await t.throwsAsync(cancelled, { code: 'cancelled' });
  t.true(waited);
  leave();
  (await next)();
  (await limiter.acquire(never))();
});

test('a signal that is aborted already never gets in', async (t) => {
  const limiter = new Limiter(1);
  await t.throwsAsync(limiter.acquire(AbortSignal.abort()), { code: 'cancelled' });
  (await limiter.acquire(never))();
});

test('a limit that was raised lets those in who wait before who comes', async (t) => {
  let limit = 1;
  const limiter = new Limiter(() => limit);
  const leave = await limiter.acquire(never);
  const waiting = limiter.acquire(never);
  limit = 2;
  let isLateIn = false;
  const late = limiter.acquire(never).then(() => {
    isLateIn = true;
  });
  await waiting;
  t.false(isLateIn);
  leave();
  await late;
});
