// One caller a turn of the event loop.
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { Turns } from '../../../src/util/turns.ts';

test('the first goes on at once, the others one a turn, in order', async (t) => {
  const turns = new Turns();
  const gone: number[] = [];
  for (const number of [1, 2, 3]) void turns.take().then(() => gone.push(number));
  await Promise.resolve();
  t.deepEqual(gone, [1]);
  // A turn of the loop in which the next one goes on, after what was there before.
  await setImmediate();
  t.deepEqual(gone, [1, 2]);
  await setImmediate();
  t.deepEqual(gone, [1, 2, 3]);
});

test('who comes in a later turn waits for nobody', async (t) => {
  const turns = new Turns();
  await turns.take();
  await setImmediate();
  await setImmediate();
  let gone = false;
  void turns.take().then(() => {
    gone = true;
  });
  await Promise.resolve();
  t.true(gone);
});
