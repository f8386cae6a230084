import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Stall } from '../../../src/registry/stall.ts';

test('a server that says nothing is noticed', async (t) => {
  const stall = new Stall(20);
  stall.start();
  while (!stall.signal.aborted) await sleep(5);
  t.is(stall.complaint, 'no answer for 20 ms');
});

test('a server that drips is noticed, whatever time the drops take to be used', async (t) => {
  const stall = new Stall(200);
  stall.start();
  stall.came(1);
  await sleep(250);
  t.false(stall.signal.aborted, 'the clock stands while nobody waits');
  while (!stall.signal.aborted) {
    stall.start();
    await sleep(10);
    if (!stall.signal.aborted) stall.came(1);
  }
  t.regex(stall.complaint, /^the server is too slow: \d+ B in 200 ms$/);
});

test('a server that sends enough starts the time again', async (t) => {
  const stall = new Stall(2000);
  const begun = Date.now();
  while (Date.now() - begun < 2500) {
    stall.start();
    await sleep(20);
    stall.came(2048);
  }
  stall.stop();
  t.false(stall.signal.aborted);
});
