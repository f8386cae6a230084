import test from 'ava';
import {
  binarySize,
  ellipsis,
  goTime,
  humanAgo,
  humanDuration,
  humanSize,
  shortId,
} from '../../../../src/cli/output/human.ts';

const SIZES: readonly [number, number, string][] = [
  [0, 3, '0B'],
  [999, 3, '999B'],
  [1000, 3, '1kB'],
  [1234, 3, '1.23kB'],
  [1_982_000, 3, '1.98MB'],
  [1_982_000, 4, '1.982MB'],
  [999_999, 3, '1e+03kB'],
  [1_500_000_000, 4, '1.5GB'],
];
for (const [bytes, digits, text] of SIZES) {
  test(`${bytes} bytes in ${digits} digits are ${text}`, (t) => t.is(humanSize(bytes, digits), text));
}

test('memory is counted in powers of 1024', (t) => {
  t.is(binarySize(25_276_215_296), '23.54GiB');
});

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;
const DURATIONS: readonly [number, string][] = [
  [0.9, 'Less than a second'],
  [1, '1 second'],
  [59.9, '59 seconds'],
  [MINUTE, 'About a minute'],
  [2 * MINUTE, '2 minutes'],
  [59 * MINUTE + 59, '59 minutes'],
  [HOUR, 'About an hour'],
  [1.5 * HOUR, '2 hours'],
  [47 * HOUR, '47 hours'],
  [2 * DAY, '2 days'],
  [13 * DAY, '13 days'],
  [14 * DAY, '2 weeks'],
  [60 * DAY, '2 months'],
  [729 * DAY, '24 months'],
  [730 * DAY, '2 years'],
];
for (const [seconds, text] of DURATIONS) {
  test(`${seconds} seconds are ${text}`, (t) => t.is(humanDuration(seconds), text));
}

test('what was is ago', (t) => {
  t.is(humanAgo(1000, 1_120_000), '2 minutes ago');
});

test('a time is printed as Go prints it', (t) => {
  t.regex(goTime(1_738_324_800), /^2025-01-31 \d\d:\d\d:00 [+-]\d{4} [A-Z0-9:+-]+$/);
});

test('ids and texts are cut', (t) => {
  t.is(shortId('sha256:0123456789abcdef'), '0123456789ab');
  t.is(ellipsis('short', 20), 'short');
  t.is(ellipsis('a text that is too long', 10), 'a text th…');
  t.is(ellipsis('ééééé', 3), 'éé…');
});
