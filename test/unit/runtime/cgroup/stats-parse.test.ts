import test from 'ava';
import { parseFlat, parseIoStat, parseLimit, parseThrottleIo } from '../../../../src/runtime/cgroup/stats-parse.ts';

test('flat lists', (t) => {
  t.deepEqual(parseFlat('usage_usec 12\nnr_periods 0\nbad line here\n'), { usage_usec: 12, nr_periods: 0 });
});

const LIMITS: readonly (readonly [string | undefined, number | undefined])[] = [
  ['max\n', undefined],
  ['9223372036854771712\n', undefined],
  [undefined, undefined],
  ['1048576\n', 1_048_576],
];
for (const [text, limit] of LIMITS) {
  test(`the limit ${JSON.stringify(text)} is ${limit}`, (t) => t.is(parseLimit(text), limit));
}

test('v1 input and output, without the sum', (t) => {
  t.deepEqual(parseThrottleIo('254:0 Read 4096\n254:0 Total 4096\nTotal 4096\n'), [
    { major: 254, minor: 0, op: 'read', value: 4096 },
    { major: 254, minor: 0, op: 'total', value: 4096 },
  ]);
});

test('v2 input and output', (t) => {
  t.deepEqual(parseIoStat('8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n8:16 \n').bytes, [
    { major: 8, minor: 0, op: 'read', value: 1 },
    { major: 8, minor: 0, op: 'write', value: 2 },
    { major: 8, minor: 16, op: 'read', value: 0 },
    { major: 8, minor: 16, op: 'write', value: 0 },
  ]);
});
