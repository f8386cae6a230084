import test from 'ava';
import { editDistance, nearestNames } from '../../../src/cli/suggest.ts';

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

const NAMES = ['ps', 'pull', 'push', 'run', 'rm', 'rmi', 'stop', 'start', 'images', 'inspect'];
const GUESSES: readonly [string, readonly string[]][] = [
  ['stpo', ['stop']],
  ['psuh', ['push']],
  ['imges', ['images']],
  ['rn', ['rm', 'run']],
  ['insp', ['inspect']],
  ['wholly-different', []],
  ['x', []],
];
for (const [word, names] of GUESSES) {
  test(`${word} may have been ${names.join(', ') || 'nothing'}`, (t) => t.deepEqual(nearestNames(word, NAMES), names));
}
