// Long lists, with turns of the event loop in between.
import test from 'ava';
import { inTurns } from '../../../src/util/in-turns.ts';

test('all are visited in order, and what takes long lets others in between', async (t) => {
  const visited: number[] = [];
  let before = 0;
  setImmediate(() => {
    before = visited.length;
  });
  const all = Array.from({ length: 2048 }, (_, index) => index);
  await inTurns(all, (one) => {
    if (one % 256 === 0) wait(9);
    visited.push(one);
  });
  t.deepEqual(visited, all);
  t.true(before > 0 && before < all.length, `${before} were visited before the loop turned`);
});

test('a short list is gone through without a turn', async (t) => {
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  const visited: number[] = [];
  await inTurns([1, 2, 3], (one) => void visited.push(one));
  t.deepEqual(visited, [1, 2, 3]);
  t.false(turned);
});

test('what a visit throws ends it', async (t) => {
  await t.throwsAsync(
    inTurns([1], () => {
      throw new RangeError('one');
    }),
    { instanceOf: RangeError },
  );
});

/** Keeps the loop for so many milliseconds. */
function wait(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
