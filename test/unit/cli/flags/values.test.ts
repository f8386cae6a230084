import test from 'ava';
import { parseFilters } from '../../../../src/cli/flags/filters.ts';
import { parseTimestamp } from '../../../../src/cli/flags/timestamp.ts';
import { parseBytes, parseDuration } from '../../../../src/cli/flags/values.ts';

const SIZES: readonly [string, number][] = [
  ['0', 0],
  ['42', 42],
  ['42b', 42],
  ['1k', 1024],
  ['1KB', 1024],
  ['1KiB', 1024],
  ['1.5m', 1_572_864],
  ['2 g', 2 * 1024 ** 3],
  ['1t', 1024 ** 4],
  ['-1', -1],
];
for (const [text, bytes] of SIZES) test(`a size: ${text}`, (t) => t.is(parseBytes(text), bytes));
for (const text of ['', 'k', '-2', '1x', '1 . 5', '99999999p', '0x10', '1e3']) {
  test(`no size: ${JSON.stringify(text)}`, (t) => void t.throws(() => parseBytes(text), { instanceOf: RangeError }));
}

const DURATIONS: readonly [string, number][] = [
  ['0', 0],
  ['1s', 1e9],
  ['1m30s', 90e9],
  ['1.5h', 5400e9],
  ['250ms', 250e6],
  ['10us', 10_000],
  ['-2s', -2e9],
];
for (const [text, nanoseconds] of DURATIONS) test(`a duration: ${text}`, (t) => t.is(parseDuration(text), nanoseconds));
for (const text of ['', '1', 's', '1 s', '1d', '--1s']) {
  test(`no duration: ${JSON.stringify(text)}`, (t) =>
    void t.throws(() => parseDuration(text), { instanceOf: RangeError }));
}

const NOW = Date.parse('2025-01-31T12:00:00Z');
const TIMES: readonly [string, string][] = [
  ['1738324800', '1738324800'],
  ['1738324800.5', '1738324800.5'],
  ['10m', '1738324200.000000000'],
  ['2025-01-31T12:00:00Z', '1738324800.000000000'],
  ['2025-01-31T13:00:00+01:00', '1738324800.000000000'],
  ['2025-01-31T12:00:00.123456789Z', '1738324800.123456789'],
  ['1.5s', '1738324798.500000000'],
];
for (const [text, expected] of TIMES) test(`a moment: ${text}`, (t) => t.is(parseTimestamp(text, NOW), expected));
test('a moment without a zone is local', (t) => {
  const expected = Date.parse('2025-01-31T12:00:00') / 1000;
  t.is(parseTimestamp('2025-01-31T12:00:00', NOW), `${expected}.000000000`);
  t.is(parseTimestamp('2025-01-31T12:00', NOW), `${expected}.000000000`);
});
for (const text of ['yesterday', '2025-13-01', '2025-01-31T25:00:00Z', '']) {
  test(`no moment: ${JSON.stringify(text)}`, (t) =>
    void t.throws(() => parseTimestamp(text, NOW), { message: /^invalid time/ }));
}

test('filters become lists by key', (t) => {
  t.is(parseFilters([]), undefined);
  t.deepEqual(parseFilters(['label=a=b', 'LABEL=c', 'status=exited']), { label: ['a=b', 'c'], status: ['exited'] });
  t.throws(() => parseFilters(['status']), { message: "invalid filter 'status'" });
});
