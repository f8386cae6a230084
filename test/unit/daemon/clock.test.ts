import test from 'ava';
import { createClock, formatTime, parseTimestamp, ZERO_TIME } from '../../../src/daemon/clock.ts';

test('times grow although the wall clock stands', (t) => {
  const clock = createClock({ wall: () => 1000, monotonic: () => 5n });
  const times = [clock(), clock(), clock()];
  t.deepEqual(times, [1_000_000_000n, 1_000_001_000n, 1_000_002_000n]);
});

test('times do not go back with the wall clock', (t) => {
  let wall = 2000;
  const clock = createClock({ wall: () => wall, monotonic: () => 0n });
  const before = clock();
  wall = 1000;
  t.true(clock() > before);
});

test('within a millisecond the monotonic clock counts', (t) => {
  let ticks = 0n;
  const clock = createClock({ wall: () => 1000, monotonic: () => ticks });
  const first = clock();
  ticks = 250_000n;
  t.is(clock() - first, 250_000n);
});

for (const [time, text] of [
  [1_700_000_000_000_000_000n, '2023-11-14T22:13:20Z'],
  [1_700_000_000_500_000_000n, '2023-11-14T22:13:20.5Z'],
  [1_700_000_000_000_000_001n, '2023-11-14T22:13:20.000000001Z'],
] as const) {
  test(`${time} is written ${text} and read back`, (t) => {
    t.is(formatTime(time), text);
    t.is(parseTimestamp(text), time);
  });
}

test('never is zero, and what is no time throws', (t) => {
  t.is(parseTimestamp(ZERO_TIME), 0n);
  for (const text of ['', 'yesterday', '2023-11-14', '2023-11-14T22:13:20+01:00']) {
    t.throws(() => parseTimestamp(text), { instanceOf: RangeError });
  }
});
