import test from 'ava';
import type { ProcessorShare } from '../../../src/native/native.ts';
import { favourEventLoop } from '../../../src/native/threads.ts';
import { TskerError } from '../../../src/util/errors.ts';

test("V8's workers are batched, the calling thread is preferred", (t) => {
  const batched: number[] = [];
  const shares: ProcessorShare[] = [];
  favourEventLoop({
    native: { batchThread: (thread) => void batched.push(thread), preferThread: (share) => void shares.push(share) },
    log: { debug: (message) => t.fail(message) },
  });
  t.true(batched.length > 0);
  t.is(new Set(batched).size, batched.length);
  t.false(batched.includes(process.pid));
  t.true(shares.every(({ nice }) => nice < 0));
});

test('what the kernel refuses is said at level debug, and the rest is done', (t) => {
  const said: string[] = [];
  const refuse = (): never => {
    throw new TskerError('internal', 'EPERM');
  };
  favourEventLoop({
    native: { batchThread: refuse, preferThread: refuse },
    log: { debug: (message, fields) => void said.push(`${message}: ${fields?.['what']}: ${fields?.['error']}`) },
  });
  t.is(said.at(-1), 'the event loop cannot be favoured: V8: EPERM');
  t.true(said.length <= 2);
});
