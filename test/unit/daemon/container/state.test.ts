import test from 'ava';
import {
  checkTransition,
  nextStates,
  requireRemovable,
  requireRunning,
  requireStartable,
} from '../../../../src/daemon/container/state.ts';
import type { ContainerStatus } from '../../../../src/types/container.ts';
import { TskerError } from '../../../../src/util/errors.ts';

const STATES: ContainerStatus[] = ['created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead'];

/** The whole table once more, as a picture: a row's state may become what is marked. */
const TABLE = `
             created running paused restarting exited removing dead
created      x       x       .      .          x      x        .
running      .       .       x      x          x      .        .
paused       .       x       .      x          x      .        .
restarting   .       x       .      .          x      .        .
exited       .       x       .      .          x      x        .
removing     .       .       .      .          .      .        x
dead         .       .       .      .          .      x        .
`;

const rows = TABLE.trim()
  .split('\n')
  .slice(1)
  .map((line) => line.trim().split(/\s+/));
for (const [from, ...marks] of rows) {
  test(`what may follow ${from}`, (t) => {
    const expected = STATES.filter((_, index) => marks[index] === 'x');
    t.deepEqual([...nextStates(from as ContainerStatus)].sort(), expected.sort());
    for (const to of STATES) {
      if (expected.includes(to)) t.notThrows(() => checkTransition('id', from as ContainerStatus, to));
      else t.throws(() => checkTransition('id', from as ContainerStatus, to), { instanceOf: TskerError });
    }
  });
}

test('an impossible transition names both states', (t) => {
  const error = t.throws(() => checkTransition('abc', 'dead', 'running'), { instanceOf: TskerError });
  t.is(error?.message, 'container abc is dead and cannot become running');
  t.is(error?.status, 409);
});

const STARTS: [ContainerStatus, number | undefined, RegExp][] = [
  ['created', undefined, /./],
  ['exited', undefined, /./],
  ['running', 304, /already running/],
  ['restarting', 304, /already running/],
  ['paused', 409, /^cannot start a paused container, try unpause instead$/],
  ['removing', 409, /^container is marked for removal and cannot be started$/],
  ['dead', 409, /^container is marked for removal and cannot be started$/],
];
for (const [status, http, message] of STARTS) {
  test(`starting one that is ${status}: ${http ?? 'allowed'}`, (t) => {
    if (http === undefined) return t.notThrows(() => requireStartable(status));
    const error = t.throws(() => requireStartable(status), { instanceOf: TskerError });
    t.is(error?.status, http);
    return t.regex(error?.message ?? '', message);
  });
}

test('only what is alive counts as running', (t) => {
  t.notThrows(() => requireRunning('abc', 'running'));
  t.notThrows(() => requireRunning('abc', 'paused'));
  t.is(t.throws(() => requireRunning('abc', 'exited'))?.message, 'container abc is not running');
  t.regex(t.throws(() => requireRunning('abc', 'restarting'))?.message ?? '', /wait until the container is running/);
});

test('what is running is not removed without force, in the words of Docker', (t) => {
  const error = t.throws(() => requireRemovable('/web', 'running'), { instanceOf: TskerError });
  t.is(
    error?.message,
    'cannot remove container "/web": container is running: stop the container before removing or force remove',
  );
  t.notThrows(() => requireRemovable('/web', 'exited'));
  t.notThrows(() => requireRemovable('/web', 'dead'));
  t.regex(t.throws(() => requireRemovable('/web', 'removing'))?.message ?? '', /already in progress/);
});
