import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { EventLoopMonitor } from '../../../../src/daemon/metrics/event-loop.ts';

test('a blocked loop is seen', async (t) => {
  using monitor = new EventLoopMonitor();
  await sleep(100);
  const until = performance.now() + 150;
  while (performance.now() < until);
  await sleep(50);
  const { max, p50 } = monitor.read();
  t.true(max >= 0.12, `${max}`);
  t.true(p50 <= max);
});

test('before anything was measured there is nothing', (t) => {
  using monitor = new EventLoopMonitor();
  t.deepEqual(monitor.read(), { max: 0, mean: 0, p50: 0, p99: 0 });
});
