// Health checks: where they come from, what they tell, and that none is left running.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect, ContainerSummary, HealthState } from '../../src/types/container.ts';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { type Daemon, testArchitecture } from '../helpers/daemon.ts';
import { dockerClis } from '../helpers/docker-cli.ts';
import { call } from '../helpers/http.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';
import { actionsOf, cgroupsOf, execute } from './exec.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const MS = 1_000_000;
const SLEEP = ['sleep', '100000'];
const unique = (): string => `t${randomBytes(6).toString('hex')}`;
const shell = (script: string, more: object = {}) => ({
  Healthcheck: { Test: ['CMD-SHELL', script], Interval: 150 * MS, Retries: 2, ...more },
});

/** Milliseconds in which a check has begun and said something: in the split architecture a command line is started for it first. */
const SHORT = testArchitecture() === 'split' ? 800 : 200;

/** Enough time to see what is before the first check. */
const SLOW = { Interval: 1500 * MS };

async function health(id: string): Promise<HealthState | undefined> {
  return (await inspect<ContainerInspect>(daemon, id)).State.Health;
}

const becomes = (id: string, status: string): Promise<unknown> =>
  waitFor(`${status}`, async () => (await health(id))?.Status === status);

const remove = (id: string) => daemon.api('DELETE', `/containers/${id}?force=1`);

/** Processes of a container, by their command lines. */
async function commandsOf(id: string): Promise<string[]> {
  const { Pid } = (await inspect<ContainerInspect>(daemon, id)).State;
  const mine = cgroupsOf(Pid).join();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (cgroupsOf(Number(pid)).join() !== mine) return [];
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()];
      } catch {
        return [];
      }
    });
}

async function statusText(id: string): Promise<string> {
  const filters = encodeURIComponent(JSON.stringify({ id: [id] }));
  return (
    (await daemon.api('GET', `/containers/json?all=1&filters=${filters}`)).json<ContainerSummary[]>()[0]?.Status ?? ''
  );
}

test('starting, unhealthy, healthy: in inspect, lists, filters and events', async (t) => {
  const label = unique();
  const check = shell('test -e /ok && echo fine || { echo broken; exit 1; }', SLOW);
  const id = await start(daemon, { Cmd: SLEEP, Labels: { [label]: '' }, ...check });
  t.is((await health(id))?.Status, 'starting');
  t.regex(await statusText(id), /^Up .* \(health: starting\)$/);
  await becomes(id, 'unhealthy');
  t.regex(await statusText(id), /^Up .* \(unhealthy\)$/);
  const failed = (await health(id))?.Log.at(-1);
  t.like(failed, { ExitCode: 1, Output: 'broken\n' });
  t.regex(failed?.Start ?? '', /^\d{4}-.*Z$/);
  await execute(daemon, id, ['touch', '/ok']);
  await becomes(id, 'healthy');
  t.regex(await statusText(id), /^Up .* \(healthy\)$/);
  t.like(await health(id), { FailingStreak: 0 });
  const withHealth = async (value: string): Promise<number> => {
    const filters = encodeURIComponent(JSON.stringify({ health: [value], label: [label] }));
    return (await daemon.api('GET', `/containers/json?filters=${filters}`)).json<unknown[]>().length;
  };
  t.deepEqual([await withHealth('healthy'), await withHealth('unhealthy'), await withHealth('none')], [1, 0, 0]);
  const told = (await actionsOf(daemon, id)).filter((action) => action.startsWith('health_status'));
  t.deepEqual(told, ['health_status: unhealthy', 'health_status: healthy']);
  await remove(id);
});

test('the log keeps five checks and 4096 bytes of each', async (t) => {
  const id = await start(daemon, {
    Cmd: SLEEP,
    ...shell('head -c 20000 /dev/zero | tr "\\0" x; exit 1', { Retries: 100 }),
  });
  await waitFor('seven checks', async () => ((await health(id))?.FailingStreak ?? 0) >= 7);
  const log = (await health(id))?.Log ?? [];
  t.is(log.length, 5);
  for (const { Output } of log) t.is(Output, `${'x'.repeat(4096)}...`);
  await remove(id);
});

test('a check that takes too long is killed with its children, and none piles up', async (t) => {
  const script = 'echo waiting; sleep 54321 & sleep 54321; true';
  const id = await start(daemon, { Cmd: SLEEP, ...shell(script, { Timeout: SHORT * MS, Interval: 100 * MS }) });
  await waitFor('four failures', async () => ((await health(id))?.FailingStreak ?? 0) >= 4);
  t.is((await health(id))?.Status, 'unhealthy');
  t.like((await health(id))?.Log.at(-1), {
    ExitCode: -1,
    Output: `Health check exceeded timeout (${SHORT}ms): waiting\n`,
  });
  t.true((await commandsOf(id)).filter((command) => command === 'sleep 54321').length <= 2);
  await remove(id);
});

test('a check whose child holds its output open is over when the check is', async (t) => {
  const id = await start(daemon, { Cmd: SLEEP, ...shell('sleep 10 & echo ok') });
  await becomes(id, 'healthy');
  const { Start = '', End = '', Output } = (await health(id))?.Log[0] ?? {};
  t.is(Output, 'ok\n');
  t.true(Date.parse(End) - Date.parse(Start) < 9000);
  await remove(id);
});

test('failures of the start period do not count; checks are more frequent in it', async (t) => {
  const more = { Interval: 60_000 * MS, StartPeriod: 60_000 * MS, StartInterval: 100 * MS, Retries: 1 };
  const id = await start(daemon, { Cmd: SLEEP, ...shell('test -e /ok', more) });
  await waitFor('checks', async () => ((await health(id))?.Log.length ?? 0) >= 3);
  t.like(await health(id), { Status: 'starting', FailingStreak: 0 });
  await execute(daemon, id, ['touch', '/ok']);
  await becomes(id, 'healthy');
  await remove(id);
});

test('a command without a shell, and one that is missing', async (t) => {
  const direct = { Healthcheck: { Test: ['CMD', 'test', '$HOME', '=', '$HOME'], Interval: 100 * MS } };
  const id = await start(daemon, { Cmd: SLEEP, ...direct });
  await becomes(id, 'healthy');
  await remove(id);
  const missing = { Healthcheck: { Test: ['CMD', 'nosuchprogram'], Interval: 100 * MS, Retries: 1 } };
  const broken = await start(daemon, { Cmd: SLEEP, ...missing });
  await becomes(broken, 'unhealthy');
  t.like((await health(broken))?.Log[0], { ExitCode: -1 });
  t.regex((await health(broken))?.Log[0]?.Output ?? '', /executable file not found/);
  await remove(broken);
});

test('a check runs as the user and in the directory of the container', async (t) => {
  const id = await start(daemon, { Cmd: SLEEP, User: '33', WorkingDir: '/tmp', ...shell('id -u; pwd') });
  await becomes(id, 'healthy');
  t.is((await health(id))?.Log[0]?.Output, '33\n/tmp\n');
  await remove(id);
});

test('nothing is checked while it is paused, and a check that was frozen is no failure', async (t) => {
  const id = await start(daemon, {
    Cmd: SLEEP,
    ...shell('sleep 0.1; true', { Timeout: 2 * SHORT * MS, Interval: 50 * MS }),
  });
  await becomes(id, 'healthy');
  await daemon.api('POST', `/containers/${id}/pause`);
  await sleep(100);
  const starts = async (): Promise<number> =>
    (await actionsOf(daemon, id)).filter((action) => action.startsWith('exec_start')).length;
  const before = await starts();
  await sleep(1000);
  t.is(await starts(), before);
  t.regex(await statusText(id), /\(Paused\)$/);
  await daemon.api('POST', `/containers/${id}/unpause`);
  await waitFor('the next checks', async () => (await starts()) > before + 1);
  t.like(await health(id), { Status: 'healthy', FailingStreak: 0 });
  await remove(id);
});

test('what has ended is not healthy, and begins anew when it is started', async (t) => {
  const id = await start(daemon, { Cmd: SLEEP, ...shell('true', SLOW) });
  await becomes(id, 'healthy');
  await daemon.api('POST', `/containers/${id}/kill`);
  t.is((await health(id))?.Status, 'unhealthy');
  const told = (await actionsOf(daemon, id)).filter((action) => action.startsWith('health_status'));
  t.deepEqual(told, ['health_status: healthy']);
  await daemon.api('POST', `/containers/${id}/start`);
  t.is((await health(id))?.Status, 'starting');
  t.true(((await health(id))?.Log.length ?? 0) > 0);
  await becomes(id, 'healthy');
  await remove(id);
});

test('the check of the image holds, its times can be changed, and NONE switches it off', async (t) => {
  const name = unique();
  const image = await busyboxImage({
    config: { Healthcheck: { Test: ['CMD-SHELL', 'echo from the image'], Interval: 3600_000 * MS }, Cmd: SLEEP },
  });
  const body = dockerArchive(image, [`${name}:latest`]);
  t.is((await call({ target: daemon.socket, method: 'POST', path: '/images/load', body })).status, 200);
  const id = await start(daemon, { Image: name, Healthcheck: { Interval: 100 * MS } });
  await becomes(id, 'healthy');
  t.is((await health(id))?.Log[0]?.Output, 'from the image\n');
  await remove(id);
  const off = await start(daemon, { Image: name, Healthcheck: { Test: ['NONE'] } });
  t.is(await health(off), undefined);
  t.regex(await statusText(off), /^Up [^(]*$/);
  await remove(off);
});

for (const cli of dockerClis()) {
  test(`${cli}: --health-cmd and --no-healthcheck`, async (t) => {
    const docker = daemon.docker(cli);
    const name = unique();
    const flags = [
      '--health-cmd',
      'exit 1',
      '--health-interval',
      '100ms',
      '--health-retries',
      '1',
      '--health-timeout',
      '5s',
    ];
    await docker.ok(['run', '-d', '--name', name, ...flags, 'busybox', ...SLEEP]);
    await becomes(name, 'unhealthy');
    t.regex(await docker.ok(['ps', '--filter', 'health=unhealthy', '--filter', `name=${name}`]), /\(unhealthy\)/);
    t.is(await docker.ok(['inspect', '-f', '{{.State.Health.Status}}', name]), 'unhealthy');
    await docker.ok(['rm', '-f', name]);
    await docker.ok(['run', '-d', '--name', name, '--no-healthcheck', 'busybox', ...SLEEP]);
    t.is(await health(name), undefined);
    await docker.ok(['rm', '-f', name]);
  });
}
