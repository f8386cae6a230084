import test from 'ava';
import { parseProcStat } from '../../../src/util/proc-stat.ts';

test('a name may hold spaces and parentheses; fields have the numbers of the manual page', (t) => {
  const stat = parseProcStat('12 (a) (b c) S 7 12 12\n');
  t.is(stat.comm, 'a) (b c');
  t.deepEqual(
    [3, 4, 5].map((number) => stat.field(number)),
    ['S', '7', '12'],
  );
  t.is(stat.field(7), undefined);
});
