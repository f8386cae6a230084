import test from 'ava';
import { Health } from '../../../../src/daemon/container/health.ts';
import { formatDuration } from '../../../../src/daemon/container/health-check.ts';
import { healthPlan, mergeHealth } from '../../../../src/daemon/container/health-plan.ts';
import type { HealthResult } from '../../../../src/types/container.ts';
import type { HealthConfig } from '../../../../src/types/container-config.ts';

const SECOND = 1e9;

const COMMANDS: [readonly string[] | undefined, readonly string[] | undefined, readonly string[] | undefined][] = [
  [['CMD', 'test', '-e', '/ok'], undefined, ['test', '-e', '/ok']],
  [['CMD-SHELL', 'test -e /ok'], undefined, ['/bin/sh', '-c', 'test -e /ok']],
  [
    ['CMD-SHELL', 'exit 0'],
    ['/bin/bash', '-ec'],
    ['/bin/bash', '-ec', 'exit 0'],
  ],
  [['NONE'], undefined, undefined],
  [[], undefined, undefined],
  [undefined, undefined, undefined],
  [['CMD'], undefined, undefined],
  [['CMD-SHELL'], undefined, undefined],
  [['HTTP', 'x'], undefined, undefined],
];
for (const [check, shell, expected] of COMMANDS) {
  test(`the check ${JSON.stringify(check)} with the shell ${shell}`, (t) => {
    const config = { Healthcheck: check === undefined ? {} : { Test: check }, Shell: shell ?? null };
    t.deepEqual(healthPlan(config)?.command, expected as never);
  });
}

test('times that are not given are those of Docker', (t) => {
  t.like(healthPlan({ Healthcheck: { Test: ['CMD', 'true'], Interval: 0, Retries: 0 } }), {
    interval: 30_000,
    startInterval: 5000,
    timeout: 30_000,
    startPeriod: 0,
    retries: 3,
  });
});

test('times are nanoseconds, and no longer than a timer lasts', (t) => {
  const check: HealthConfig = {
    Test: ['CMD', 'true'],
    Interval: SECOND / 2,
    StartInterval: SECOND,
    Timeout: 1e18,
    StartPeriod: 2 * SECOND,
    Retries: 7,
  };
  t.like(healthPlan({ Healthcheck: check }), {
    interval: 500,
    startInterval: 1000,
    timeout: 2 ** 31 - 1,
    startPeriod: 2000,
    retries: 7,
  });
});

test('what the user says goes before the image, field by field', (t) => {
  const image = { Test: ['CMD', 'a'], Interval: 5, Retries: 2 };
  t.deepEqual(mergeHealth({ Interval: 9 }, image), { Test: ['CMD', 'a'], Interval: 9, Retries: 2 });
  t.deepEqual(mergeHealth({ Test: ['CMD', 'b'], Interval: 0 }, image), { Test: ['CMD', 'b'], Interval: 5, Retries: 2 });
  t.deepEqual(mergeHealth({ Test: [] }, image), image);
  t.deepEqual(mergeHealth({ Test: ['NONE'] }, image)?.Test, ['NONE']);
  t.deepEqual(mergeHealth(undefined, image), image);
  t.deepEqual(mergeHealth({ Retries: 1 }, null), { Retries: 1 });
  t.is(mergeHealth(null, undefined), undefined);
});

const plan = {
  command: ['true'] as [string],
  interval: 1,
  startInterval: 1,
  timeout: 1,
  startPeriod: 1000,
  retries: 2,
};
const result = (ExitCode: number, Output = ''): HealthResult => ({ Start: '', End: '', ExitCode, Output });

test('so many failures in a row make it unhealthy, one success healthy', (t) => {
  const health = new Health();
  t.false(health.record(result(1), plan, 2000));
  t.is(health.failingStreak, 1);
  t.true(health.record(result(-1), plan, 2000));
  t.is(health.status, 'unhealthy');
  t.false(health.record(result(1), plan, 2000));
  t.is(health.failingStreak, 3);
  t.true(health.record(result(0), plan, 2000));
  t.like(health, { status: 'healthy', failingStreak: 0 });
  t.false(health.record(result(1), plan, 2000));
  t.is(health.status, 'healthy');
});

test('failures of the start period do not count, until it has been healthy', (t) => {
  const health = new Health();
  for (let i = 0; i < 5; i += 1) t.false(health.record(result(1), plan, 999));
  t.like(health, { status: 'starting', failingStreak: 0 });
  t.true(health.record(result(0), plan, 999));
  t.false(health.record(result(1), plan, 999));
  t.is(health.failingStreak, 1);
});

test('the last five checks are kept over a restart', (t) => {
  const health = new Health();
  for (let i = 0; i < 7; i += 1) health.record(result(0, String(i)), plan, 0);
  health.end();
  t.is(health.status, 'unhealthy');
  health.begin();
  t.is(health.status, 'starting');
  t.deepEqual(
    health.log.map(({ Output }) => Output),
    ['2', '3', '4', '5', '6'],
  );
});

const DURATIONS: [number, string][] = [
  [1, '1ms'],
  [0.5, '0.5ms'],
  [250, '250ms'],
  [1000, '1s'],
  [1500, '1.5s'],
  [60_000, '1m0s'],
  [90_000, '1m30s'],
  [3_600_000, '1h0m0s'],
  [5_400_250, '1h30m0.25s'],
];
for (const [milliseconds, text] of DURATIONS) {
  test(`${milliseconds} ms are ${text}`, (t) => t.is(formatDuration(milliseconds), text));
}
