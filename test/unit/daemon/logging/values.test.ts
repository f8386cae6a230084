import test from 'ava';
import { parseBoolean, parseHumanSize, parseInteger, parseRamSize } from '../../../../src/daemon/logging/values.ts';

const SIZES: readonly [string, number, number][] = [
  ['0', 0, 0],
  ['10', 10, 10],
  ['10b', 10, 10],
  ['1k', 1000, 1024],
  ['1KB', 1000, 1024],
  ['1KiB', 1000, 1024],
  ['10m', 10_000_000, 10_485_760],
  ['1.5m', 1_500_000, 1_572_864],
  ['2 g', 2_000_000_000, 2_147_483_648],
  ['1T', 1e12, 2 ** 40],
];

for (const [text, decimal, binary] of SIZES) {
  test(`the size ${text} is decimal for files and binary for buffers`, (t) => {
    t.is(parseHumanSize(text), decimal);
    t.is(parseRamSize(text), binary);
  });
}

for (const text of ['', 'abc', '-1', '10x', '1.2.3', '1 0', ' 1', '1mm', '0x10', '1e3']) {
  test(`the size '${text}' is invalid`, (t) => {
    t.throws(() => parseHumanSize(text), { message: `invalid size: '${text}'` });
  });
}

test('numbers and truth values are those of strconv', (t) => {
  t.is(parseInteger('-5'), -5);
  t.is(parseInteger('+12'), 12);
  t.throws(() => parseInteger('x'), { message: 'strconv.Atoi: parsing "x": invalid syntax' });
  t.throws(() => parseInteger(''), { message: 'strconv.Atoi: parsing "": invalid syntax' });
  t.throws(() => parseInteger('1.5'), { message: 'strconv.Atoi: parsing "1.5": invalid syntax' });
  t.throws(() => parseInteger('9'.repeat(30)), { message: /value out of range$/ });
  for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True']) t.true(parseBoolean(text));
  for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) t.false(parseBoolean(text));
  t.throws(() => parseBoolean('yes'), { message: 'strconv.ParseBool: parsing "yes": invalid syntax' });
});
