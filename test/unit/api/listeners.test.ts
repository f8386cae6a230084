import test from 'ava';
import { parseGroups } from '../../../src/api/listeners.ts';

test('groups are read by name, damaged lines are skipped', (t) => {
  const groups = parseGroups('root:x:0:\ndocker:x:998:ann,bob\nbroken\nodd:x:abc:\n');
  t.deepEqual(
    [...groups],
    [
      ['root', 0],
      ['docker', 998],
    ],
  );
});
