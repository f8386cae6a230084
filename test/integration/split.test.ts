// The split architecture: containers are children of shims, which daemon and containerd may come and go without. (root)
import { once } from 'node:events';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { ContainerdConnection } from '../../src/containerd/client.ts';
import type { ContainerInspect } from '../../src/types/container.ts';
import { type Daemon, tskerCommand } from '../helpers/daemon.ts';
import type { Owner } from '../helpers/owner.ts';
import { makeProgram } from '../helpers/program.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import { statusOf } from './exec.harness.ts';

const startSplit = (owner: Owner): Promise<Daemon> => startWithBusybox(owner, { arch: 'split' });
const look = (daemon: Daemon, id: string): Promise<ContainerInspect> => inspect<ContainerInspect>(daemon, id);
const pidOf = async (daemon: Daemon, id: string): Promise<number> => (await look(daemon, id)).State.Pid;
const words = (pid: number): string[] => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
const parentOf = (pid: number): number => Number(statusOf(pid, 'PPid'));
const shimOf = async (daemon: Daemon, id: string): Promise<number> => parentOf(await pidOf(daemon, id));
const containerdOf = async (daemon: Daemon): Promise<number> => {
  const connection = await ContainerdConnection.open(`${daemon.execRoot}/containerd/containerd.sock`);
  const { pid } = await connection.call('version', {});
  connection.close();
  return pid;
};
const execIn = async (daemon: Daemon, id: string, ...Cmd: string[]): Promise<number> => {
  const made = await daemon.api('POST', `/containers/${id}/exec`, { Cmd, AttachStdout: true });
  const { Id } = made.json<{ Id: string }>();
  await daemon.api('POST', `/exec/${Id}/start`, { Detach: false });
  return (await daemon.api('GET', `/exec/${Id}/json`)).json<{ ExitCode: number }>().ExitCode;
};

/** Counts aloud, ends with 7 when it is told to. */
const COUNTING = 'trap "exit 7" TERM; i=0; while :; do echo $i; i=$((i+1)); sleep 0.1; done';
/** Lines with nothing missing between them. */
const isWhole = (out: string): boolean =>
  out
    .trim()
    .split('\n')
    .every((line, index) => line === String(index));
const linesOf = async (daemon: Daemon, id: string): Promise<number> => (await logs(daemon, id)).out.split('\n').length;

test('a container is a child of its shim, that of containerd, and that of the daemon', async (t) => {
  const daemon = await startSplit(t);
  const id = await start(daemon, { Cmd: ['sh', '-c', 'echo out; echo err >&2; exec sleep 1000'] });
  const shim = await shimOf(daemon, id);
  t.deepEqual(words(shim).slice(1, 3), ['-id', id]);
  t.is(statusOf(shim, 'Name'), 'tsker-shim');
  const containerd = parentOf(shim);
  t.true(words(containerd).includes('containerd'));
  t.is(parentOf(containerd), daemon.pid);
  t.deepEqual(
    [containerd, daemon.pid].map((pid) => statusOf(pid, 'Name')),
    ['tsker-ctrd', 'tsker'],
  );
  await waitFor('output', async () => (await logs(daemon, id)).err === 'err\n');
  t.deepEqual(await logs(daemon, id), { out: 'out\n', err: 'err\n' });
  t.is(await execIn(daemon, id, 'sh', '-c', 'exit 5'), 5);
  t.is((await runToEnd(daemon, { Cmd: ['sh', '-c', 'exit 3'] })).code, 3);
  t.is((await daemon.api('DELETE', `/containers/${id}?force=1`)).status, 204);
  await waitFor('the end of the shim', () => !isAlive(shim));
});

const ENDS: [string, (daemon: Daemon) => Promise<void>][] = [
  ['kill -9 of the daemon', (daemon) => daemon.kill()],
  ['an orderly end of the daemon', (daemon) => daemon.stop()],
];
for (const [what, end] of ENDS) {
  test(`${what}: containers live on, and are found again with output, exit codes and streams`, async (t) => {
    const daemon = await startSplit(t);
    const counting = await start(daemon, { Cmd: ['sh', '-c', COUNTING] });
    const ends = await start(daemon, { Cmd: ['sh', '-c', 'sleep 0.7; echo last; exit 9'] });
    const reading = await start(daemon, { Cmd: ['sh', '-c', 'read a; echo $a; read b; exit 4'], OpenStdin: true });
    const terminal = await start(daemon, { Cmd: ['sh'], Tty: true, OpenStdin: true });
    const checked = await start(daemon, {
      Cmd: ['sleep', '1000'],
      Healthcheck: { Test: ['CMD', 'true'], Interval: 200_000_000 },
    });
    const all = [counting, reading, terminal, checked];
    const pids = await Promise.all(all.map((id) => pidOf(daemon, id)));
    await waitFor('some lines', async () => (await linesOf(daemon, counting)) > 3);
    const then = await linesOf(daemon, counting);
    await end(daemon);
    const begun = performance.now();
    t.true(pids.every(isAlive), 'nobody has noticed');
    await sleep(1000 - (performance.now() - begun));
    await daemon.start();

    t.deepEqual(await Promise.all(all.map((id) => pidOf(daemon, id))), pids);
    await waitFor('its end', async () => (await look(daemon, ends)).State.Status === 'exited');
    t.is((await look(daemon, ends)).State.ExitCode, 9);
    t.is((await logs(daemon, ends)).out, 'last\n');
    const before = await linesOf(daemon, counting);
    t.true(before > then + 3, 'what it said while nobody was there');
    await waitFor('more lines', async () => (await linesOf(daemon, counting)) > before + 2);
    t.true(isWhole((await logs(daemon, counting)).out));
    t.is(await execIn(daemon, counting, 'sh', '-c', 'exit 6'), 6);
    await waitFor('a check', async () => (await look(daemon, checked)).State.Health?.Status === 'healthy');
    await daemon.docker().run(['attach', '--detach-keys', 'ctrl-p', reading], { input: 'hello\nworld\n' });
    await waitFor('the end of what reads', async () => (await look(daemon, reading)).State.ExitCode === 4);
    t.is((await logs(daemon, reading)).out, 'hello\n');
    t.is((await daemon.api('POST', `/containers/${counting}/stop`)).status, 204);
    t.is((await look(daemon, counting)).State.ExitCode, 7);
    t.is((await daemon.api('POST', `/containers/${counting}/start`)).status, 204);
    for (const id of [...all, ends]) t.is((await daemon.api('DELETE', `/containers/${id}?force=1`)).status, 204);
    await daemon.stop();
    t.deepEqual(await daemon.traces(), []);
  });
}

test('kill -9 of containerd: it is back at once, and nobody has missed anything', async (t) => {
  const daemon = await startSplit(t);
  const counting = await start(daemon, { Cmd: ['sh', '-c', COUNTING] });
  const ends = await start(daemon, { Cmd: ['sh', '-c', 'sleep 0.2; exit 9'] });
  const before = await containerdOf(daemon);
  const pid = await pidOf(daemon, counting);
  const waiting = daemon.api('POST', `/containers/${ends}/wait`);
  process.kill(before, 'SIGKILL');
  const after = await waitFor('another containerd', async () => {
    const now = await containerdOf(daemon).catch(() => before);
    return now !== before && now;
  });
  t.is(parentOf(after), daemon.pid);
  t.is((await waiting).json<{ StatusCode: number }>().StatusCode, 9);
  t.is(await pidOf(daemon, counting), pid);
  t.is(await execIn(daemon, counting, 'true'), 0);
  t.is((await daemon.api('POST', `/containers/${counting}/stop`)).status, 204);
  t.is((await look(daemon, counting)).State.ExitCode, 7);
  t.true(isWhole((await logs(daemon, counting)).out));
});

async function startTwo(daemon: Daemon): Promise<readonly [string, string]> {
  const sleeper = { Cmd: ['sleep', '1000'] };
  return [await start(daemon, sleeper), await start(daemon, sleeper)];
}

test('kill -9 of a shim: its container is ended with it, and no other', async (t) => {
  const daemon = await startSplit(t);
  const [lost, other] = await startTwo(daemon);
  const pid = await pidOf(daemon, lost);
  process.kill(await shimOf(daemon, lost), 'SIGKILL');
  await waitFor('its end', async () => (await look(daemon, lost)).State.Status === 'exited');
  t.false(isAlive(pid));
  t.is((await look(daemon, lost)).State.ExitCode, 137);
  t.true((await look(daemon, other)).State.Running);
  t.is((await daemon.api('POST', `/containers/${lost}/start`)).status, 204);
  t.true((await look(daemon, lost)).State.Running);
});

test('daemon, containerd and shim killed at once: the next daemon ends what nobody holds', async (t) => {
  const daemon = await startSplit(t);
  const [lost, other] = await startTwo(daemon);
  const pid = await pidOf(daemon, lost);
  const shim = await shimOf(daemon, lost);
  await daemon.kill();
  process.kill(shim, 'SIGKILL');
  await daemon.start();
  t.false(isAlive(pid));
  t.like((await look(daemon, lost)).State, { Status: 'exited', ExitCode: 137 });
  t.true((await look(daemon, other)).State.Running);
});

test('restart policies hold for what ended while nobody was there', async (t) => {
  const daemon = await startSplit(t);
  const RestartPolicy = { Name: 'on-failure', MaximumRetryCount: 0 };
  const id = await start(daemon, { Cmd: ['sh', '-c', 'sleep 0.5; exit 1'], HostConfig: { RestartPolicy } });
  const removed = await start(daemon, { Cmd: ['sleep', '0.5'], HostConfig: { AutoRemove: true } });
  await daemon.kill();
  await sleep(700);
  await daemon.start();
  await waitFor('another run', async () => (await look(daemon, id)).RestartCount > 0);
  await waitFor('the removal', async () => (await daemon.api('GET', `/containers/${removed}/json`)).status === 404);
  t.is((await daemon.api('DELETE', `/containers/${id}?force=1`)).status, 204);
});

test('nobody but root can speak to containerd or a shim', async (t) => {
  const daemon = await startSplit(t);
  const id = await start(daemon, { Cmd: ['sleep', '1000'], Tty: true });
  const state = `${daemon.execRoot}/containerd`;
  for (const socket of [`${state}/containerd.sock`, `${state}/tasks/${id}/shim.sock`]) {
    const { mode, uid } = lstatSync(socket);
    t.is(mode & 0o777, 0o600, socket);
    t.is(uid, 0);
  }
});

test('ctr says what is wrong: a peer of another protocol, a containerd that goes away, words it does not know', async (t) => {
  const directory = tempdir(t, 'stranger');
  const path = join(directory, 'sock');
  const stranger = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(path);
  await once(stranger, 'listening');
  t.teardown(() => stranger.close());
  const ctr = (...args: string[]) => run([...tskerCommand(), 'ctr', '--address', path, ...args]);
  const refused = await ctr('tasks', 'ls');
  t.is(refused.code, 1);
  t.is(refused.stderr, 'tsker: what listens there is no containerd of tsker\n');
  stranger.removeAllListeners('connection').on('connection', (socket) => socket.destroy());
  t.is((await ctr('tasks', 'ls')).stderr, 'tsker: containerd is gone\n');
  t.regex((await ctr('bogus')).stderr, /^tsker: unknown command: bogus\n/);
});

test('ctr speaks to containerd without the daemon', async (t) => {
  const daemon = await startSplit(t);
  const id = await start(daemon, { Cmd: ['sleep', '1000'] });
  const made = await create(daemon, { Cmd: ['true'] });
  const address = `${daemon.execRoot}/containerd/containerd.sock`;
  const ctr = (...args: string[]) => daemon.tsker.run(['ctr', '--address', address, ...args]);
  const list = await ctr('tasks', 'ls');
  t.regex(list.stdout, /^TASK +PID +SHIM +STATUS\n/);
  t.true(list.stdout.includes(id) && !list.stdout.includes(made));
  t.is((await ctr('containers', 'ls')).stdout, `${id}\n`);
  await ctr('tasks', 'pause', id.slice(0, 12));
  t.regex((await ctr('tasks', 'ls')).stdout, /PAUSED/);
  await ctr('tasks', 'resume', id);
  t.regex((await ctr('tasks', 'ps', id)).stdout, new RegExp(`^init +${await pidOf(daemon, id)} +-$`, 'm'));
  await ctr('tasks', 'kill', id, '9');
  await waitFor('its end', async () => (await look(daemon, id)).State.ExitCode === 137);
  t.regex((await ctr('tasks', 'ps', 'nosuch')).stderr, /no task nosuch/);
});

/** Our runtime, but `verb` is what `script` makes of it; "$@" are its words, `$runc` runs it. Its path. */
function spoiledRuntime(directory: string, verb: string, script: string): string {
  const runc = `${tskerCommand().join(' ')} runc`;
  return makeProgram(
    directory,
    'spoiled',
    `runc='${runc}'\ncase " $* " in *" ${verb} "*)\n${script}\nesac\nexec $runc "$@"`,
  );
}

test('a runtime that gives up freezing is asked again', async (t) => {
  const directory = tempdir(t, 'runtime');
  const [once, twice] = [join(directory, 'once'), join(directory, 'twice')];
  // As runc does under load, with the freezer of cgroup v1.
  const script = `if [ ! -e '${twice}' ]; then
    [ ! -e '${once}' ] || : >'${twice}'
    : >'${once}'
    echo 'unable to freeze' >&2
    exit 1
  fi`;
  const args = ['--runtime', spoiledRuntime(directory, 'pause', script)];
  const daemon = await startWithBusybox(t, { arch: 'split', args });
  const id = await start(daemon, { Cmd: ['sh', '-c', 'while :; do :; done'] });
  t.is((await daemon.api('POST', `/containers/${id}/pause`)).status, 204);
  t.true(existsSync(twice));
  t.is((await look(daemon, id)).State.Status, 'paused');
  t.is((await daemon.api('POST', `/containers/${id}/unpause`)).status, 204);
});

test('a runtime that is killed in the middle of a start leaves nothing, and the next start succeeds', async (t) => {
  const directory = tempdir(t, 'runtime');
  const once = join(directory, 'once');
  const script = `if [ ! -e '${once}' ]; then
    : >'${once}'
    $runc "$@"
    kill -KILL $$
  fi`;
  const args = ['--runtime', spoiledRuntime(directory, 'create', script)];
  const daemon = await startWithBusybox(t, { arch: 'split', args });
  const id = await create(daemon, { Cmd: ['sleep', '1000'] });
  const refused = await daemon.api('POST', `/containers/${id}/start`);
  t.is(refused.status, 500);
  t.regex(refused.text, /OCI runtime create failed: it ended with code 137/);
  t.is((await daemon.api('POST', `/containers/${id}/start`)).status, 204);
  t.is((await look(daemon, id)).State.Status, 'running');
});

test('a containerd that is killed in the middle of a removal has another finish it', async (t) => {
  const directory = tempdir(t, 'runtime');
  const once = join(directory, 'once');
  // The runtime's parent is the shim, and the shim's is containerd.
  const script = `if [ ! -e '${once}' ]; then
    : >'${once}'
    $runc "$@"
    kill -KILL "$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$PPID/status")"
    exit 0
  fi`;
  const args = ['--runtime', spoiledRuntime(directory, 'delete', script)];
  const daemon = await startWithBusybox(t, { arch: 'split', args });
  const id = await start(daemon, { Cmd: ['sleep', '1000'] });
  const shim = await shimOf(daemon, id);
  t.is((await daemon.api('DELETE', `/containers/${id}?force=1`)).status, 204);
  t.true(existsSync(once));
  await waitFor('the end of the shim', () => !isAlive(shim));
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
