import test from 'ava';
import { prunedRows } from '../../../../src/builder/cache/prune.ts';

const ROWS = [1000, 2000, 3000].map((usedAt) => ({ key: String(usedAt), chainId: undefined, size: 10, usedAt }));
const pruned = (request: { until?: number; keepStorage?: number }): string =>
  prunedRows(ROWS, { all: true, keepStorage: 0, until: undefined, ...request })
    .map(({ key }) => key)
    .join(' ');

test('without a bound all steps go', (t) => t.is(pruned({}), '1000 2000 3000'));
test('those used since a time stay', (t) => t.is(pruned({ until: 3 }), '1000 2000'));
test('the oldest go until the rest is small enough', (t) => t.is(pruned({ keepStorage: 20 }), '1000'));
test('a cache that is small enough stays as it is', (t) => t.is(pruned({ keepStorage: 30 }), ''));
