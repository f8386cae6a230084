import test from 'ava';
import { nearestNames } from '../../../src/cli/suggest.ts';

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
