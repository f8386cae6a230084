// Execs in the split architecture: their processes are the shim's children, and outlive daemon and containerd as containers do. (root)
import { existsSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { ContainerdConnection } from '../../src/containerd/client.ts';
import type { ContainerInspect } from '../../src/types/container.ts';
import { INIT, type ProcessInfo } from '../../src/types/containerd.ts';
import type { ExecInspect } from '../../src/types/exec.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';

const look = async (daemon: Daemon, id: string): Promise<ExecInspect> =>
  (await daemon.api('GET', `/exec/${id}/json`)).json<ExecInspect>();

async function execute(daemon: Daemon, container: string, script: string, options: object = {}): Promise<string> {
  const made = await daemon.api('POST', `/containers/${container}/exec`, { Cmd: ['sh', '-c', script], ...options });
  const { Id } = made.json<{ Id: string }>();
  await daemon.api('POST', `/exec/${Id}/start`, { Detach: true });
  return Id;
}

/** What a client that is attached loses with the daemon is the daemon's matter. */
async function executeAttached(daemon: Daemon, container: string, script: string): Promise<string> {
  const made = await daemon.api('POST', `/containers/${container}/exec`, {
    Cmd: ['sh', '-c', script],
    AttachStdout: true,
  });
  const { Id } = made.json<{ Id: string }>();
  const stream = await daemon.stream('POST', `/exec/${Id}/start`, { Detach: false });
  stream.on('error', () => undefined).resume();
  await waitFor('its process', async () => (await look(daemon, Id)).Pid > 0);
  return Id;
}

async function processesOf(daemon: Daemon, container: string): Promise<readonly ProcessInfo[]> {
  const connection = await ContainerdConnection.open(`${daemon.execRoot}/containerd/containerd.sock`);
  const tasks = await connection.call('tasks.list', {});
  connection.close();
  return tasks.find(({ id }) => id === container)?.processes ?? [];
}

const after = (file: string): string => `until test -e /${file}; do sleep 0.02; done;`;
const AFTER_GO = after('go');
const ENDS: [string, (daemon: Daemon) => Promise<void>][] = [
  ['kill -9 of the daemon', (daemon) => daemon.kill()],
  ['an orderly end of the daemon', (daemon) => daemon.stop()],
];
for (const [what, end] of ENDS) {
  test(`${what}: execs live on, are asked about again, and tell how they ended`, async (t) => {
    const daemon = await startWithBusybox(t, { arch: 'split' });
    const id = await start(daemon, { Cmd: ['sleep', '1000'] });
    const silent = await execute(daemon, id, `${AFTER_GO} exit 7`);
    const terminal = await execute(daemon, id, `${AFTER_GO} head -c 300000 /dev/zero; exit 3`, { Tty: true });
    // More than pipes hold, to nobody.
    const loud = await executeAttached(daemon, id, `${AFTER_GO} head -c 300000 /dev/zero; exit 5`);
    const brief = await execute(daemon, id, `${after('meanwhile')} exit 9`);
    const all = [silent, terminal, loud];
    const pids = await Promise.all(all.map(async (one) => (await look(daemon, one)).Pid));
    const { Pid: briefPid } = await look(daemon, brief);
    await end(daemon);
    t.true(
      pids.every((pid) => existsSync(`/proc/${pid}`)),
      'nobody has noticed',
    );
    writeFileSync(`/proc/${briefPid}/root/meanwhile`, '');
    await waitFor('the end of one of them', () => !existsSync(`/proc/${briefPid}`));
    await daemon.start();

    t.like(await look(daemon, brief), { Running: false, ExitCode: 9, ContainerID: id });
    for (const [index, one] of all.entries())
      t.like(await look(daemon, one), { Running: true, ExitCode: null, Pid: pids[index] ?? 0, ContainerID: id });
    t.deepEqual([...((await inspect<ContainerInspect>(daemon, id)).ExecIDs ?? [])].sort(), [...all].sort());
    const again = await daemon.api('POST', `/exec/${silent}/start`, { Detach: true });
    t.is(again.status, 409);
    await execute(daemon, id, 'touch /go');
    await waitFor('their ends', async () => {
      const known = await Promise.all(all.map((one) => look(daemon, one)));
      return known.every(({ Running }) => !Running);
    });
    t.deepEqual(await Promise.all(all.map(async (one) => (await look(daemon, one)).ExitCode)), [7, 3, 5]);
    // Neither the shim nor containerd keeps in mind what has been told.
    await waitFor('the first process alone', async () => {
      const known = await processesOf(daemon, id);
      return known.length === 1 && known[0]?.name === INIT;
    });
    t.is((await daemon.api('DELETE', `/containers/${id}?force=1`)).status, 204);
  });
}

test('a health check that its daemon has left is ended by the next one', async (t) => {
  const daemon = await startWithBusybox(t, { arch: 'split' });
  const Healthcheck = { Test: ['CMD', 'sleep', '777'], Interval: 100_000_000, Timeout: 600_000_000_000 };
  const id = await start(daemon, { Cmd: ['sleep', '1000'], Healthcheck });
  const check = await waitFor('a check', async () => {
    const known = await processesOf(daemon, id);
    return known.find(({ name, pid }) => name !== INIT && pid > 0);
  });
  await daemon.kill();
  t.true(existsSync(`/proc/${check.pid}`));
  await daemon.start();
  await waitFor('its end', () => !existsSync(`/proc/${check.pid}`));
  await waitFor('that it is forgotten', async () => {
    const known = await processesOf(daemon, id);
    return known.every(({ name }) => name !== check.name);
  });
  t.pass();
});
