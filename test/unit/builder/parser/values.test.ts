// Durations, sizes, quoted texts: small grammars of Go that messages and flags use.
import test from 'ava';
import { parseDuration } from '../../../../src/builder/parser/duration.ts';
import { splitCsv } from '../../../../src/builder/parser/instructions/csv.ts';
import { parseBytes } from '../../../../src/builder/parser/instructions/size.ts';
import { nearest } from '../../../../src/builder/parser/nearest.ts';
import { goQuote } from '../../../../src/builder/words/quote.ts';

for (const [text, expected] of [
  ['1h2m3.5s', 3_723_500_000_000],
  ['-1.5h', -5_400_000_000_000],
  ['300ms', 300_000_000],
  ['1us1µs', 2000],
  ['.5s', 500_000_000],
  ['+0', 0],
  ['', 'time: invalid duration ""'],
  ['.s', 'time: invalid duration ".s"'],
  ['s', 'time: invalid duration "s"'],
  ['1s2', 'time: missing unit in duration "1s2"'],
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  ['9999999999h', 'time: invalid duration "9999999999h"'],
] as const) {
  test(`the duration ${JSON.stringify(text)} is ${expected}`, (t) => {
    t.is(parseDuration(text), expected);
  });
}

for (const [text, expected] of [
  ['1', 1],
  ['2k', 2048],
  ['2KB', 2048],
  ['1.5 GiB', 1_610_612_736],
  ['-1', undefined],
  ['1x', undefined],
  ['9999999p', undefined],
] as const) {
  test(`the size ${text} is ${expected}`, (t) => {
    t.is(parseBytes(text), expected);
  });
}

for (const [text, expected] of [
  ['a,b=c', ['a', 'b=c']],
  ['"a,b",c', ['a,b', 'c']],
  ['"a""b"', ['a"b']],
  ['', ['']],
  ['a,', ['a', '']],
  ['a"b', 'parse error on line 1: bare " in non-quoted field'],
  ['"a', 'parse error on line 1: extraneous or missing " in quoted-field'],
  ['"a"b', 'parse error on line 1: extraneous or missing " in quoted-field'],
] as const) {
  test(`the fields of ${JSON.stringify(text)} are read`, (t) => {
    t.deepEqual(splitCsv(text), expected);
  });
}

test('texts are quoted as Go does it', (t) => {
  t.is(goQuote('a"b\\c\n\x00é\u200b\u{1f600}\u{e0001}'), '"a\\"b\\\\c\\n\\x00é\\u200b\u{1f600}\\U000e0001"');
});

for (const [word, expected] of [
  ['FORM', 'FROM'],
  ['COYP', 'COPY'],
  ['FROM', undefined],
  ['XXXXXX', undefined],
  ['Z', undefined],
] as const) {
  test(`the nearest to ${word} is ${expected}`, (t) => {
    t.is(nearest(word, ['FROM', 'COPY', 'ADD']), expected);
  });
}
