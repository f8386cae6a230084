import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { KeyedMutex } from '../../../src/util/keyed-mutex.ts';

test('actions of one name come one after the other, those of others do not wait', async (t) => {
  const mutex = new KeyedMutex();
  const order: string[] = [];
  const first = mutex.run('a', async () => {
    await sleep(20);
    order.push('a1');
    throw new Error('no');
  });
  const second = mutex.run('a', () => void order.push('a2'));
  const other = mutex.run('b', () => void order.push('b'));
  await t.throwsAsync(first, { message: 'no' });
  await Promise.all([second, other]);
  t.deepEqual(order, ['b', 'a1', 'a2']);
});
