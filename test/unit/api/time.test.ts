import test from 'ava';
import { parseTime } from '../../../src/api/time.ts';
import { TskerError } from '../../../src/util/errors.ts';

const NOW = 1_700_000_000_000;
const now = () => NOW;

const TIMES: [string | undefined, bigint | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['0', undefined],
  ['1700000000', 1_700_000_000_000_000_000n],
  ['1700000000.5', 1_700_000_000_500_000_000n],
  ['1700000000.000000001', 1_700_000_000_000_000_001n],
  ['10m', 1_700_000_000_000_000_000n - 600_000_000_000n],
  ['1h30m', 1_700_000_000_000_000_000n - 5_400_000_000_000n],
  ['1.5s', 1_700_000_000_000_000_000n - 1_500_000_000n],
  ['2023-11-14T22:13:20Z', 1_700_000_000_000_000_000n],
  ['2023-11-14T22:13:20.123456789Z', 1_700_000_000_123_456_789n],
  ['2023-11-14', 1_699_920_000_000_000_000n],
];
for (const [text, expected] of TIMES) {
  test(`${text} is ${expected}`, (t) => {
    t.is(parseTime(text, now), expected);
  });
}

for (const text of ['yesterday', '1x', '2023-99-99T00:00:00Z', '12m3']) {
  test(`${text} is no time`, (t) => {
    t.throws(() => parseTime(text, now), { instanceOf: TskerError });
  });
}
