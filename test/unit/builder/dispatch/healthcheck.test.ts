import test from 'ava';
import { applyHealthcheck, formatDuration } from '../../../../src/builder/dispatch/healthcheck.ts';
import { parseDockerfile } from '../../../../src/builder/parser/parse.ts';

const DURATIONS: readonly (readonly [nanoseconds: number, text: string])[] = [
  [0, '0s'],
  [1, '1ns'],
  [1500, '1.5µs'],
  [2e6, '2ms'],
  [1.5e9, '1.5s'],
  [60e9, '1m0s'],
  [90e9, '1m30s'],
  [7200e9, '2h0m0s'],
];

for (const [nanoseconds, text] of DURATIONS) {
  test(`${nanoseconds} ns are ${text}, as Go writes them`, (t) => t.is(formatDuration(nanoseconds), text));
}

const QUOTED: readonly (readonly [line: string, comment: string])[] = [
  ['HEALTHCHECK CMD true', 'HEALTHCHECK &{["CMD-SHELL" "true"] "0s" "0s" "0s" \'\\x00\'}'],
  ['HEALTHCHECK --retries=34 CMD ["a"]', 'HEALTHCHECK &{["CMD" "a"] "0s" "0s" "0s" \'"\'}'],
  ['HEALTHCHECK --interval=5s --retries=39 CMD a', `HEALTHCHECK &{["CMD-SHELL" "a"] "5s" "0s" "0s" '\\''}`],
  ['HEALTHCHECK NONE', 'HEALTHCHECK &{["NONE"] "0s" "0s" "0s" \'\\x00\'}'],
];

for (const [line, comment] of QUOTED) {
  test(`${line} is in the history as Docker writes it`, (t) => {
    const [, instruction] = parseDockerfile(`FROM x\n${line}`).instructions;
    if (instruction?.kind !== 'HEALTHCHECK') throw new Error('no health check');
    t.is(applyHealthcheck(instruction, {}).comment, comment);
  });
}
