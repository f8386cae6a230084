import test from 'ava';
import { YoungGarbage } from '../../../src/util/young-garbage.ts';

test('the buffers of a stream are collected while it passes', (t) => {
  const garbage = new YoungGarbage();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let index = 0; index < 1000; index += 1) {
    const { length } = Buffer.allocUnsafeSlow(65_536);
    garbage.passed(length);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  t.true(most < 16_000_000, `${most} bytes of 65 MB at once`);
});
