import test from 'ava';
import { Mutex } from '../../../src/daemon/mutex.ts';

test('tasks run one after the other, in order, whatever becomes of them', async (t) => {
  const mutex = new Mutex();
  const order: string[] = [];
  const slow = mutex.run(async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    order.push('slow');
  });
  const broken = mutex.run(() => {
    order.push('broken');
    throw new Error('broken');
  });
  const last = mutex.run(() => {
    order.push('last');
    return 7;
  });
  await t.throwsAsync(broken, { message: 'broken' });
  t.is(await last, 7);
  await slow;
  t.deepEqual(order, ['slow', 'broken', 'last']);
});
