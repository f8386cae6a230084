import test from 'ava';
import { type PruneRequest, prunedEntries } from '../../../../src/builder/cache/prune.ts';

const ENTRIES = [1000, 2000, 3000].map((usedAt) => ({
  ...{
    id: String(usedAt),
    type: 'regular',
    description: `RUN ${usedAt}`,
    inUse: false,
    shared: false,
    size: 10,
    usedAt,
  },
}));
const pruned = (request: Partial<PruneRequest>, entries = ENTRIES): string =>
  prunedEntries(entries, { all: true, keepStorage: 0, until: undefined, filters: new Map(), ...request })
    .map(({ id }) => id)
    .join(' ');
const [first, second, third] = ENTRIES;
if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');

test('without a bound all steps go', (t) => t.is(pruned({}), '1000 2000 3000'));
test('those used since a time stay', (t) => t.is(pruned({ until: 3 }), '1000 2000'));
test('the oldest go until the rest is small enough', (t) => t.is(pruned({ keepStorage: 20 }), '1000'));
test('a cache that is small enough stays as it is', (t) => t.is(pruned({ keepStorage: 30 }), ''));
test('what a build uses stays', (t) => t.is(pruned({}, [{ ...first, inUse: true }, second]), '2000'));
test("what is an image's too goes with all alone", (t) => {
  const entries = [first, { ...second, shared: true }];
  t.is(pruned({ all: false }, entries), '1000');
  t.is(pruned({ all: true }, entries), '1000 2000');
});

const FILTERS: readonly (readonly [name: string, value: string, gone: string])[] = [
  ['id', '20', '2000'],
  ['type', 'regular', '1000 2000 3000'],
  ['type', 'source.local', ''],
  ['description', 'RUN 3000', '3000'],
  ['inuse', 'true', ''],
  ['shared', 'false', '1000 2000 3000'],
  ['private', 'true', '1000 2000 3000'],
  ['parent', 'x', ''],
];
for (const [name, value, gone] of FILTERS) {
  test(`the filter ${name}=${value}`, (t) => t.is(pruned({ filters: new Map([[name, [value]]]) }), gone));
}
