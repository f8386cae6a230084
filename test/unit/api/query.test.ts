import test from 'ava';
import { flagOf, flagOr, integerOf, parseQuery, textOf } from '../../../src/api/query.ts';
import { TskerError } from '../../../src/util/errors.ts';

const FLAGS: [string, boolean][] = [
  ['', false],
  ['?f', false],
  ['?f=0', false],
  ['?f=false', false],
  ['?f=False', false],
  ['?f=no', false],
  ['?f=none', false],
  ['?f=1', true],
  ['?f=true', true],
  ['?f=yes', true],
  ['?f=anything', true],
];
for (const [query, expected] of FLAGS) {
  test(`the flag of "${query}" is ${expected}`, (t) => {
    t.is(flagOf(parseQuery(`/path${query}`), 'f'), expected);
  });
}

test('a missing flag has its default', (t) => {
  t.true(flagOr(parseQuery('/x'), 'f', true));
  t.false(flagOr(parseQuery('/x?f=0'), 'f', true));
});

test('texts are decoded, and nothing counts as missing', (t) => {
  const query = parseQuery('/x?a=b%2Fc+d&empty=&a=second');
  t.is(textOf(query, 'a'), 'b/c d');
  t.is(textOf(query, 'empty'), undefined);
  t.is(textOf(query, 'missing'), undefined);
});

test('numbers are whole, and anything else is refused', (t) => {
  t.is(integerOf(parseQuery('/x?n=-3'), 'n'), -3);
  t.is(integerOf(parseQuery('/x'), 'n'), undefined);
  for (const text of ['1.5', 'ten', '1e9', '9'.repeat(30)]) {
    const error = t.throws(() => integerOf(parseQuery(`/x?n=${text}`), 'n'), { instanceOf: TskerError });
    t.is(error?.message, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
});
