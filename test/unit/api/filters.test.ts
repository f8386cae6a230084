import test from 'ava';
import { booleanFilter, matchesLabels, parseFilters } from '../../../src/api/filters.ts';
import { TskerError } from '../../../src/util/errors.ts';

const ACCEPTED = ['label', 'status', 'dangling'];

test('both shapes of filters mean the same', (t) => {
  const list = parseFilters('{"label":["a=b","c"]}', ACCEPTED);
  const map = parseFilters('{"label":{"a=b":true,"c":true}}', ACCEPTED);
  t.deepEqual([...list], [['label', ['a=b', 'c']]]);
  t.deepEqual([...map], [...list]);
});

test('a value that is switched off in the map shape does not count', (t) => {
  t.deepEqual([...parseFilters('{"label":{"a":false}}', ACCEPTED)], []);
});

for (const [what, text] of Object.entries({ missing: undefined, empty: '', null: 'null', 'an empty object': '{}' })) {
  test(`no filter: ${what}`, (t) => {
    t.is(parseFilters(text, ACCEPTED).size, 0);
  });
}

test('an unknown filter is refused by name', (t) => {
  const error = t.throws(() => parseFilters('{"colour":["red"]}', ACCEPTED), { instanceOf: TskerError });
  t.is(error?.message, "invalid filter 'colour'");
  t.is(error?.status, 400);
});

for (const text of ['{', '[]', '"label"', '1', '{"label":"a"}', '{"label":[1]}', '{"label":null}']) {
  test(`a filter of another form is refused: ${text}`, (t) => {
    const error = t.throws(() => parseFilters(text, ACCEPTED), { instanceOf: TskerError });
    t.is(error?.code, 'invalid');
  });
}

const LABELS = { a: 'b', empty: '', 'with=sign': 'x' };
const CASES: [string[], boolean][] = [
  [['a'], true],
  [['a=b'], true],
  [['a=c'], false],
  [['empty='], true],
  [['a', 'empty'], true],
  [['a', 'missing'], false],
  [['toString'], false],
];
for (const [wanted, expected] of CASES) {
  test(`labels ${wanted.join(' and ')} match: ${expected}`, (t) => {
    t.is(matchesLabels(wanted, LABELS), expected);
  });
}

test('a boolean filter takes 1, 0, true and false and nothing else', (t) => {
  t.true(booleanFilter(parseFilters('{"dangling":["1"]}', ACCEPTED), 'dangling'));
  t.false(booleanFilter(parseFilters('{"dangling":["False"]}', ACCEPTED), 'dangling'));
  t.is(booleanFilter(parseFilters('{}', ACCEPTED), 'dangling'), undefined);
  t.throws(() => booleanFilter(parseFilters('{"dangling":["maybe"]}', ACCEPTED), 'dangling'), {
    instanceOf: TskerError,
  });
  t.throws(() => booleanFilter(parseFilters('{"dangling":["1","0"]}', ACCEPTED), 'dangling'), {
    instanceOf: TskerError,
  });
});
