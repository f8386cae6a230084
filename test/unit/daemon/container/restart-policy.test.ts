import test from 'ava';
import {
  Backoff,
  type EndedRun,
  restartsAfterEnd,
  startsWithDaemon,
} from '../../../../src/daemon/container/restart-policy.ts';

const ENDED: EndedRun = { exitCode: 0, restartCount: 0, reason: undefined, manuallyStopped: false };

const ENDS: [string, number, Partial<EndedRun>, boolean][] = [
  ['no', 0, { exitCode: 1 }, false],
  ['', 0, { exitCode: 1 }, false],
  ['always', 0, { exitCode: 0 }, true],
  ['always', 0, { exitCode: 137, restartCount: 1000 }, true],
  ['unless-stopped', 0, { exitCode: 0 }, true],
  ['unless-stopped', 0, { exitCode: 1, manuallyStopped: true }, false],
  ['always', 0, { exitCode: 1, manuallyStopped: true }, true],
  ['on-failure', 0, { exitCode: 0 }, false],
  ['on-failure', 0, { exitCode: 1, restartCount: 1000 }, true],
  ['on-failure', 3, { exitCode: 1, restartCount: 2 }, true],
  ['on-failure', 3, { exitCode: 1, restartCount: 3 }, false],
  ['always', 0, { reason: 'stop' }, false],
  ['always', 0, { reason: 'restart' }, false],
  ['unless-stopped', 0, { reason: 'shutdown' }, false],
  ['on-failure', 0, { exitCode: 1, reason: 'stop' }, false],
];
for (const [name, retries, run, expected] of ENDS) {
  test(`${name || 'no policy'}:${retries} after ${JSON.stringify(run)}: ${expected}`, (t) => {
    t.is(restartsAfterEnd({ Name: name, MaximumRetryCount: retries }, { ...ENDED, ...run }), expected);
  });
}

const STARTS: [string, { manuallyStopped: boolean; hasRun: boolean }, boolean][] = [
  ['always', { manuallyStopped: false, hasRun: true }, true],
  ['always', { manuallyStopped: true, hasRun: true }, true],
  ['always', { manuallyStopped: false, hasRun: false }, false],
  ['unless-stopped', { manuallyStopped: false, hasRun: true }, true],
  ['unless-stopped', { manuallyStopped: true, hasRun: true }, false],
  ['on-failure', { manuallyStopped: false, hasRun: true }, false],
  ['no', { manuallyStopped: false, hasRun: true }, false],
];
for (const [name, past, expected] of STARTS) {
  test(`a daemon that starts, with ${name} and ${JSON.stringify(past)}: ${expected}`, (t) => {
    t.is(startsWithDaemon({ Name: name, MaximumRetryCount: 0 }, past), expected);
  });
}

test('the delay doubles from 100 ms to a minute', (t) => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 12 }, () => backoff.next(5));
  t.deepEqual(delays, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
});

test('ten seconds of running begin anew, and so does the user', (t) => {
  const backoff = new Backoff();
  backoff.next(0);
  backoff.next(0);
  t.is(backoff.next(9999), 400);
  t.is(backoff.next(10_000), 100);
  t.is(backoff.next(0), 200);
  backoff.reset();
  t.is(backoff.next(0), 100);
});
