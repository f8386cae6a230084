import test from 'ava';
import { type Flag, parseArguments, parseDuration } from '../../../src/runc/arguments.ts';

const FLAGS: readonly Flag[] = [
  { names: ['bundle', 'b'], value: 'text', usage: '' },
  { names: ['env', 'e'], value: 'list', usage: '' },
  { names: ['preserve-fds'], value: 'number', usage: '' },
  { names: ['interval'], value: 'duration', usage: '' },
  { names: ['detach', 'd'], usage: '' },
];

const TAKEN: readonly [argv: string[], words: string[], bundle: string | undefined, detach: boolean][] = [
  [[], [], undefined, false],
  [['id'], ['id'], undefined, false],
  [['--bundle', '/b', 'id'], ['id'], '/b', false],
  [['id', '-b', '/b', '-d'], ['id'], '/b', true],
  [['-bundle=/a=b', '--detach=false', 'id'], ['id'], '/a=b', false],
  [['-b', '/1', '-b', '/2'], [], '/2', false],
  [['--', '-b', 'x'], ['-b', 'x'], undefined, false],
  [['-b', '-d', 'id'], ['id'], '-d', false],
  [['-'], ['-'], undefined, false],
];

for (const [argv, words, bundle, detach] of TAKEN) {
  test(`"${argv.join(' ')}" is taken as runc takes it`, (t) => {
    const parsed = parseArguments(argv, FLAGS, 'words');
    t.deepEqual([parsed.words, parsed.options.text('bundle'), parsed.options.has('detach')], [words, bundle, detach]);
  });
}

test('a program keeps its own options', (t) => {
  const { options, words } = parseArguments(['-e', 'A=1', '--env=B=2', 'id', 'ls', '-d', '--env'], FLAGS, 'program');
  t.deepEqual(options.list('env'), ['A=1', 'B=2']);
  t.deepEqual(words, ['id', 'ls', '-d', '--env']);
});

const REFUSED: readonly [argv: string[], message: string][] = [
  [['--frob'], 'flag provided but not defined: -frob'],
  [['-b'], 'flag needs an argument: -b'],
  [['--preserve-fds', 'x'], 'invalid value "x" for flag -preserve-fds: parse error'],
  [['--interval', '5'], 'invalid value "5" for flag -interval: parse error'],
  [['--detach=maybe'], 'invalid boolean value "maybe" for -detach: parse error'],
];

for (const [argv, message] of REFUSED) {
  test(`"${argv.join(' ')}" is refused`, (t) => {
    t.throws(() => parseArguments(argv, FLAGS, 'words'), { message });
  });
}

const DURATIONS: readonly [string, number | undefined][] = [
  ['5s', 5000],
  ['1m30s', 90_000],
  ['250ms', 250],
  ['1.5s', 1500],
  ['5', undefined],
  ['s', undefined],
  ['5s!', undefined],
];

for (const [text, milliseconds] of DURATIONS) {
  test(`the duration ${text} is ${milliseconds ?? 'none'}`, (t) => t.is(parseDuration(text), milliseconds));
}
