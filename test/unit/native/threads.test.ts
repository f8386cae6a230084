import { getPriority } from 'node:os';
import test from 'ava';
import { preferEventLoop } from '../../../src/native/threads.ts';
import { TskerError } from '../../../src/util/errors.ts';
import { needing } from '../../helpers/needs.ts';

const asUsual = needing(test, { 'a nice value of 0': getPriority() === 0 });

asUsual("V8's workers and libuv's help the calling thread", (t) => {
  const helpers: number[] = [];
  preferEventLoop({
    native: { preferThread: (threads) => void helpers.push(...threads), makeRoomForDescriptors: () => undefined },
    log: { debug: (message) => t.fail(message) },
  });
  t.true(helpers.length > 0);
  t.is(new Set(helpers).size, helpers.length);
  t.false(helpers.includes(process.pid));
});

asUsual('what the kernel refuses is said at level debug', (t) => {
  const said: string[] = [];
  preferEventLoop({
    native: {
      makeRoomForDescriptors: () => undefined,
      preferThread: () => {
        throw new TskerError('internal', 'EPERM');
      },
    },
    log: { debug: (message, fields) => void said.push(`${message}: ${fields?.['error']}`) },
  });
  t.deepEqual(said, ['the event loop cannot be preferred: EPERM']);
});
