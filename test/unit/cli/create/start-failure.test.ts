import test from 'ava';
import { startFailure } from '../../../../src/cli/create/start-failure.ts';

const MESSAGES: readonly [string, number][] = [
  ['exec: "nosuch": executable file not found in $PATH', 127],
  ['exec /bin/x: no such file or directory', 127],
  ['exec: "/tmp": permission denied', 126],
  ['exec: "/tmp": is a directory', 126],
  ['cannot allocate memory', 125],
];

for (const [message, code] of MESSAGES) {
  test(`run ends with ${code}: ${message}`, (t) => {
    const failure = startFailure(new Error(message));
    t.is(failure.exitCode, code);
    t.is(failure.message, message);
  });
}
