import test from 'ava';
import { TransientError } from '../../../src/registry/errors.ts';
import { parseRetryAfter, Retries, retryDelay } from '../../../src/registry/retry.ts';

const POLICY = { attempts: 3, baseDelay: 100, maxDelay: 1000 };
const NOW = Date.parse('2026-01-01T00:00:00Z');
const FAST = { attempts: 3, baseDelay: 1, maxDelay: 1 };

for (const [failures, random, expected] of [
  [1, 0, 50],
  [1, 1, 100],
  [2, 0, 100],
  [3, 1, 400],
  [9, 1, 1000],
  [9, 0, 500],
] as const) {
  test(`after ${failures} failures and a throw of ${random} the wait is ${expected} ms`, (t) => {
    t.is(retryDelay(POLICY, failures, random), expected);
  });
}

for (const [header, expected] of [
  [null, undefined],
  ['3', 3000],
  ['0', 0],
  ['100000', 60_000],
  ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', undefined],
  ['soon', undefined],
] as const) {
  test(`Retry-After ${header} is ${expected} ms`, (t) => {
    t.is(parseRetryAfter(header, NOW), expected);
  });
}

test('it gives up after so many failures in a row, and progress starts the count anew', async (t) => {
  const retries = new Retries(FAST, new AbortController().signal);
  const error = new TransientError('cut');
  await retries.waitAfter(error);
  await retries.waitAfter(error);
  retries.progressed();
  await retries.waitAfter(error);
  await retries.waitAfter(error);
  await t.throwsAsync(retries.waitAfter(error), { is: error });
});

test('what will not pass is not tried again', async (t) => {
  const retries = new Retries(FAST, new AbortController().signal);
  const error = new Error('wrong digest');
  await t.throwsAsync(retries.waitAfter(error), { is: error });
});

test('a cancelled wait ends at once', async (t) => {
  const controller = new AbortController();
  const retries = new Retries({ attempts: 3, baseDelay: 60_000, maxDelay: 60_000 }, controller.signal);
  const wait = retries.waitAfter(new TransientError('cut'));
  controller.abort();
  await t.throwsAsync(wait, { code: 'cancelled' });
});

test('what Retry-After says comes before the back-off', async (t) => {
  const retries = new Retries({ attempts: 3, baseDelay: 60_000, maxDelay: 60_000 }, new AbortController().signal);
  let waited: number | undefined;
  await retries.waitAfter(new TransientError('429', { retryAfter: 5 }), (delay) => {
    waited = delay;
  });
  t.is(waited, 5);
});
