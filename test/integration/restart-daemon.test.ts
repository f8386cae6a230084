// What a daemon that starts makes of the restart policies, after an orderly end and after a kill -9 with all its containers. What becomes
// of those that outlive it is in split.test.ts.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, ENDS_THEM, inspect, isKept, killWithContainers, start, startWithBusybox } from './daemon.harness.ts';
import { actionsOf } from './exec.harness.ts';

const SLEEP = { Cmd: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'] };
const policy = (Name: string) => ({ HostConfig: { RestartPolicy: { Name, MaximumRetryCount: 0 } } });
const look = (daemon: Daemon, id: string): Promise<ContainerInspect> => inspect<ContainerInspect>(daemon, id);

const ENDS: [string, (daemon: Daemon) => Promise<void>][] = [
  ['a kill -9', killWithContainers],
  ['an orderly end', (daemon) => daemon.stop()],
];
for (const [what, end] of ENDS) {
  test.serial(`after ${what} run those that ran, and whose user has not stopped them`, async (t) => {
    const daemon = await startWithBusybox(t, ENDS_THEM);
    const run = (name: string) => start(daemon, { ...SLEEP, ...policy(name) });
    const running = [await run('always'), await run('unless-stopped')];
    const [stoppedAlways, stoppedUnless, onFailure, none] = [
      await run('always'),
      await run('unless-stopped'),
      await run('on-failure'),
      await run('no'),
    ];
    const never = await create(daemon, { ...SLEEP, ...policy('always') });
    const removed = await start(daemon, { ...SLEEP, HostConfig: { AutoRemove: true } });
    const back = await start(daemon, { Cmd: ['false'], ...policy('always') });
    await sleep(200);
    for (const id of [stoppedAlways, stoppedUnless]) await daemon.api('POST', `/containers/${id}/stop`);
    await waitFor('a long pause', async () => (await look(daemon, back)).RestartCount >= 4, { timeout: 60_000 });
    await end(daemon);
    await daemon.start();

    for (const id of [...running, stoppedAlways]) {
      const { State, RestartCount } = await look(daemon, id);
      t.true(State.Running);
      t.true(isKept(daemon, State.Pid));
      t.is(RestartCount, 0);
    }
    for (const id of [stoppedUnless, onFailure, none]) t.is((await look(daemon, id)).State.Status, 'exited');
    t.is((await look(daemon, never)).State.Status, 'created');
    t.is((await daemon.api('GET', `/containers/${removed}/json`)).status, 404);
    t.false(existsSync(`${daemon.root}/containers/${removed}`));
    await waitFor('runs as before', async () => [1, 2, 3].includes((await look(daemon, back)).RestartCount));
    t.like((await look(daemon, none)).State, { Status: 'exited', Pid: 0 });
  });
}

test.serial('a stop that was asked for counts, though the daemon was killed before it was done', async (t) => {
  const daemon = await startWithBusybox(t, ENDS_THEM);
  const stubborn = { Cmd: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'] };
  const id = await start(daemon, { ...stubborn, ...policy('unless-stopped') });
  await sleep(200);
  const stopping = daemon.api('POST', `/containers/${id}/stop?t=60`).catch(() => undefined);
  await waitFor('the signal', async () => (await actionsOf(daemon, id)).includes('kill'));
  await killWithContainers(daemon);
  await stopping;
  await daemon.start();
  t.is((await look(daemon, id)).State.Status, 'exited');
  t.is((await look(daemon, id)).State.ExitCode, 137);
});

test.serial('one that cannot be started does not keep the daemon from starting', async (t) => {
  const daemon = await startWithBusybox(t, ENDS_THEM);
  const id = await start(daemon, {
    Cmd: ['sh', '-c', 'rm /bin/sleep /bin/sh; while :; do :; done'],
    ...policy('always'),
  });
  const other = await start(daemon, { ...SLEEP, ...policy('always') });
  await sleep(300);
  await killWithContainers(daemon);
  await daemon.start();
  t.like((await look(daemon, id)).State, { Status: 'exited', ExitCode: 127 });
  t.true((await look(daemon, other)).State.Running);
});

for (const [what, end] of ENDS) {
  test.serial(`after ${what} the checks of what ran are still told`, async (t) => {
    const daemon = await startWithBusybox(t, ENDS_THEM);
    const check = { Test: ['CMD-SHELL', 'echo fine'], Interval: 200_000_000 };
    const id = await start(daemon, { ...SLEEP, Healthcheck: check });
    await waitFor('a good check', async () => (await look(daemon, id)).State.Health?.Status === 'healthy');
    await end(daemon);
    await daemon.start();
    const { Health } = (await look(daemon, id)).State;
    t.is(Health?.Status, 'unhealthy', 'what does not run is not healthy');
    t.like(Health?.Log[0], { ExitCode: 0, Output: 'fine\n' });
    await daemon.api('POST', `/containers/${id}/start`);
    await waitFor('a check of the new run', async () => (await look(daemon, id)).State.Health?.Status === 'healthy');
    t.true(((await look(daemon, id)).State.Health?.Log.length ?? 0) >= 2, 'earlier ones are still of interest');
    await daemon.api('DELETE', `/containers/${id}?force=1`);
  });
}
