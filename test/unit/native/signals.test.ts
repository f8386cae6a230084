import { constants } from 'node:os';
import test from 'ava';
import { parseSignal, SIGNALS, signalName } from '../../../src/native/signals.ts';

const table: readonly (readonly [string, number | undefined])[] = [
  ['9', 9],
  ['KILL', 9],
  ['SIGKILL', 9],
  ['sigterm', 15],
  ['POLL', 29],
  ['CLD', 17],
  ['RTMIN', 34],
  ['SIGRTMIN+3', 37],
  ['RTMAX-1', 63],
  ['RTMAX', 64],
  ['64', 64],
  ['0', undefined],
  ['65', undefined],
  ['-1', undefined],
  ['1e1', undefined],
  ['', undefined],
  ['SIG', undefined],
  ['SIGSIGKILL', undefined],
  ['RTMIN+31', undefined],
  ['RTMAX-31', undefined],
  ['toString', undefined],
];

for (const [text, number] of table) {
  test(`"${text}" is ${number === undefined ? 'no signal' : `signal ${number}`}`, (t) => {
    t.is(parseSignal(text), number);
  });
}

test('names and numbers are those of this kernel', (t) => {
  for (const [name, number] of Object.entries(SIGNALS)) t.is(constants.signals[name as NodeJS.Signals], number, name);
});

test('every number has a name that parses back', (t) => {
  for (const number of [...Object.values(SIGNALS), 34, 37, 64]) t.is(parseSignal(signalName(number)), number);
});
