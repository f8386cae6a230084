import test from 'ava';
import { formatTime, ZERO_TIME } from '../../../../src/daemon/clock.ts';
import { humanDuration, statusText } from '../../../../src/daemon/container/status-text.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const DURATIONS: [number, string][] = [
  [0.4, 'Less than a second'],
  [1.9, '1 second'],
  [59, '59 seconds'],
  [MINUTE, 'About a minute'],
  [2 * MINUTE, '2 minutes'],
  [59 * MINUTE, '59 minutes'],
  [HOUR, 'About an hour'],
  [89 * MINUTE, 'About an hour'],
  [90 * MINUTE, '2 hours'],
  [47 * HOUR, '47 hours'],
  [2 * DAY, '2 days'],
  [13 * DAY, '13 days'],
  [14 * DAY, '2 weeks'],
  [60 * DAY, '2 months'],
  [2 * 365 * DAY, '2 years'],
];
for (const [seconds, text] of DURATIONS) {
  test(`${seconds} s are ${text}`, (t) => {
    t.is(humanDuration(seconds), text);
  });
}

const NOW = 1_700_000_000_000_000_000n;
const before = formatTime(NOW - 120_000_000_000n);
const state = { pid: 0, exitCode: 3, error: '', oomKilled: false, startedAt: before, finishedAt: before } as const;

test('the words that clients look for', (t) => {
  t.is(statusText({ ...state, status: 'running' }, NOW), 'Up 2 minutes');
  t.is(statusText({ ...state, status: 'paused' }, NOW), 'Up 2 minutes (Paused)');
  t.is(statusText({ ...state, status: 'exited' }, NOW), 'Exited (3) 2 minutes ago');
  t.is(statusText({ ...state, status: 'restarting' }, NOW), 'Restarting (3) 2 minutes ago');
  t.is(statusText({ ...state, status: 'created', startedAt: ZERO_TIME, finishedAt: ZERO_TIME }, NOW), 'Created');
  t.is(statusText({ ...state, status: 'dead' }, NOW), 'Dead');
  t.is(statusText({ ...state, status: 'removing' }, NOW), 'Removal In Progress');
});
