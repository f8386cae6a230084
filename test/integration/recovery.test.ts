// What becomes of everything when the daemon is killed, and its containers with it: the next daemon knows, and nothing is left on the
// host. Where they outlive it they are killed too; what else becomes of them is in split.test.ts.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect, ContainerSummary } from '../../src/types/container.ts';
import type { HostEffect } from '../../src/types/system.ts';
import { waitFor } from '../helpers/wait.ts';
import {
  create,
  ENDS_THEM,
  inspect,
  killWithContainers,
  logs,
  runToEnd,
  start,
  startWithBusybox,
} from './daemon.harness.ts';

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

test('SIGKILL of the daemon and its containers: the next one knows and leaves nothing', async (t) => {
  const daemon = await startWithBusybox(t);
  const running = await start(daemon, { Cmd: ['sh', '-c', 'echo alive; sleep 1000 & sleep 1000'] }, 'running');
  const plain = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' } }, 'plain');
  const { id: exited } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'exit 3'] }, 'exited');
  const created = await create(daemon, { Cmd: ['true'] }, 'created');
  const removed = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { AutoRemove: true } }, 'removed');
  const pids = await Promise.all(
    [running, plain, removed].map(async (id) => (await inspect<ContainerInspect>(daemon, id)).State.Pid),
  );
  t.true(pids.every(isAlive));

  await killWithContainers(daemon);
  await waitFor('the containers die', () => !pids.some(isAlive));
  await daemon.start();

  const list = (await daemon.api('GET', '/containers/json?all=1')).json<ContainerSummary[]>();
  t.deepEqual(Object.fromEntries(list.map(({ Names, State }) => [Names[0], State])), {
    '/running': 'exited',
    '/plain': 'exited',
    '/exited': 'exited',
    '/created': 'created',
  });
  for (const id of [running, plain]) {
    t.like((await inspect<ContainerInspect>(daemon, id)).State, { Status: 'exited', ExitCode: 137, Pid: 0 });
  }
  t.is((await inspect<ContainerInspect>(daemon, exited)).State.ExitCode, 3);
  t.is((await logs(daemon, running)).out, 'alive\n');
  const effects = (await daemon.api('GET', '/tsker/host')).json<HostEffect[]>();
  const ofContainers = effects.filter(({ Owner }) => Owner !== 'daemon');
  t.deepEqual([...new Set(ofContainers.map(({ Kind }) => Kind))], ['directory'], 'only what a container keeps');
  t.false(existsSync(join(daemon.root, 'containers', removed)));

  t.is((await daemon.api('POST', `/containers/${created}/start`)).status, 204);
  t.is((await daemon.api('POST', `/containers/${running}/start`)).status, 204);
  for (const name of ['running', 'plain', 'exited', 'created']) {
    t.is((await daemon.api('DELETE', `/containers/${name}?force=1`)).status, 204);
  }
  t.deepEqual(readdirSync(join(daemon.root, 'containers')), []);
});

test('a daemon that is killed again and again while containers come and go leaves nothing', async (t) => {
  const daemon = await startWithBusybox(t);
  for (let round = 0; round < 3; round += 1) {
    const churn = Array.from({ length: 4 }, async () => {
      for (;;) await runToEnd(daemon, { Cmd: ['true'], HostConfig: { AutoRemove: true } });
    });
    const stopped = Promise.allSettled(churn);
    await waitFor('some containers', async () => {
      const list = await daemon.api('GET', '/containers/json?all=1').then(
        ({ text }) => text,
        () => '[]',
      );
      return list !== '[]\n';
    });
    await daemon.kill();
    await stopped;
    await daemon.start();
    const list = (await daemon.api('GET', '/containers/json?all=1')).json<ContainerSummary[]>();
    t.deepEqual(
      list.filter(({ State }) => State === 'running' || State === 'removing'),
      [],
    );
    for (const { Id } of list) await daemon.api('DELETE', `/containers/${Id}?force=1`);
    t.deepEqual(readdirSync(join(daemon.root, 'containers')), []);
    t.deepEqual(
      (await daemon.api('GET', '/tsker/host')).json<HostEffect[]>().filter(({ Owner }) => Owner !== 'daemon'),
      [],
    );
  }
});

test('an orderly end stops containers by their signal and leaves nothing', async (t) => {
  const daemon = await startWithBusybox(t, ENDS_THEM);
  const script = 'trap "echo bye; exit 4" TERM; echo ready; while :; do sleep 0.05; done';
  const id = await start(daemon, { Cmd: ['sh', '-c', script] });
  await waitFor('the program', async () => (await logs(daemon, id)).out === 'ready\n');
  await daemon.stop();
  t.deepEqual(await daemon.traces(), []);
  t.false(existsSync(daemon.socket));
  t.false(existsSync(daemon.pidfile));
  await daemon.start();
  t.is((await inspect<ContainerInspect>(daemon, id)).State.ExitCode, 4);
  t.is((await logs(daemon, id)).out, 'ready\nbye\n');
});
