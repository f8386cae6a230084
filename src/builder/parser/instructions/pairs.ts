// What ENV and LABEL share: names with values.
import type { Pair } from '../forms.ts';
import type { Statement } from '../statement.ts';
import { atLeastOne, fail } from './common.ts';
import { readFlags } from './flags.ts';

export function namedPairs(statement: Statement): readonly Pair[] {
  readFlags(statement, {});
  if (statement.pairs.length === 0) throw atLeastOne(statement);
  const nameless = statement.pairs.find(({ name }) => name.text === '');
  if (nameless === undefined) return statement.pairs;
  throw fail(statement, `${statement.name} names can not be blank`, { range: nameless.name.range });
}
