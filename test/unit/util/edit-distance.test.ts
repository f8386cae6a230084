import test from 'ava';
import { editDistance } from '../../../src/util/edit-distance.ts';

const DISTANCES: readonly [string, string, number][] = [
  ['', '', 0],
  ['', 'abc', 3],
  ['stop', 'stop', 0],
  ['stpo', 'stop', 1],
  ['sop', 'stop', 1],
  ['stops', 'stop', 1],
  ['atop', 'stop', 1],
  ['kitten', 'sitting', 3],
];
for (const [a, b, distance] of DISTANCES) {
  test(`from ${a || 'nothing'} to ${b || 'nothing'} it is ${distance}`, (t) => {
    t.is(editDistance(a, b), distance);
    t.is(editDistance(b, a), distance);
  });
}

test('neighbours that changed places are one edit, or two replacements to those who count them so', (t) => {
  t.is(editDistance('psuh', 'push'), 1);
  t.is(editDistance('psuh', 'push', { swap: 2 }), 2);
});
