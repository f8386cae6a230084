// Long lists, some at a time: whoever goes through twenty thousand of something lets the event loop turn in between.
import { setImmediate } from 'node:timers/promises';

/** How many are gone through between two looks at the clock. */
const SOME = 256;
/** Milliseconds. */
const LONG = 8;

/** Visits all in order. Nothing changes `items` meanwhile: a short list is gone through at once, a long one in many turns. */
export async function inTurns<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
  let since = performance.now();
  let count = 0;
  for (const item of items) {
    visit(item);
    count += 1;
    if (count % SOME !== 0 || performance.now() - since < LONG) continue;
    await setImmediate();
    since = performance.now();
  }
}
