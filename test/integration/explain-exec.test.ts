// docker exec, explained, against the real kernel: what is told of the process and of what it joins is compared with /proc, and without a
// listener nothing is told. Needs: root, busybox-static, python3.
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import type { ExecInspect } from '../../src/types/exec.ts';
import type { ExplainEvent } from '../../src/types/explain.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { tskerCommand } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';
import { createExec } from './exec.harness.ts';
import { ofType, parseEvents } from './explain.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
let daemon: Daemon;
let container: string;
/** Milliseconds for what takes a fraction of one second on a machine that is not busy. */
const PATIENCE = { timeout: 40_000 };

test.before('a daemon and a container start', async () => {
  daemon = await startWithBusybox(suite);
  container = await start(daemon, { Cmd: ['sleep', '1000'] }, 'joined');
});

interface Listening {
  /** Resolves when the daemon has ended the stream. */
  readonly told: Promise<ExplainEvent[]>;
  goAway(): void;
}

async function listen(id: string): Promise<Listening> {
  const answer = await daemon.stream('GET', `/tsker/exec/${id}/explain`);
  let text = '';
  answer.on('data', (piece: Buffer) => (text += piece.toString()));
  answer.on('error', () => undefined);
  const told = new Promise<ExplainEvent[]>((resolve) => answer.on('close', () => resolve(parseEvents(text))));
  return { told, goAway: () => answer.destroy() };
}

const detached = (id: string) => daemon.api('POST', `/exec/${id}/start`, { Detach: true });

test('what is told of an exec is what /proc shows: its process, the namespaces and the cgroup that it joins', async (t) => {
  const id = await createExec(daemon, container, { Cmd: ['sleep', '1000'] });
  const { told } = await listen(id);
  t.is((await detached(id)).status, 200);
  const events = await told;
  const { Pid } = (await daemon.api('GET', `/exec/${id}/json`)).json<ExecInspect>();
  t.teardown(() => process.kill(Pid, 'SIGKILL'));
  t.like(ofType(events, 'request')[0], { method: 'POST', path: `/exec/${id}/start`, container, pid: daemon.pid });
  t.is(ofType(events, 'done')[0]?.pid, Pid);
  const joined = ofType(events, 'fact').find(({ topic }) => topic === 'joined');
  if (joined?.topic !== 'joined') return t.fail();
  t.is(joined.data.pid, (await inspect<{ State: { Pid: number } }>(daemon, container)).State.Pid);
  for (const { name, inode } of joined.data.namespaces) {
    t.is(readlinkSync(`/proc/${Pid}/ns/${name}`), `${name}:[${inode}]`);
  }
  for (const name of ['mnt', 'pid', 'net', 'uts', 'ipc']) {
    t.true(
      joined.data.namespaces.some((one) => one.name === name),
      name,
    );
  }
  t.true(readFileSync(`/proc/${Pid}/cgroup`, 'utf8').includes(`:${joined.data.cgroup}\n`));
});

test('every operation of the plan is told once and in order, and each step has its place', async (t) => {
  const id = await createExec(daemon, container, { Cmd: ['true'], User: '1000:1000', WorkingDir: '/tmp' });
  const { told } = await listen(id);
  await detached(id);
  const events = await told;
  const operations = ofType(events, 'operation');
  t.deepEqual(
    operations.map(({ index }) => index),
    operations.map((_, index) => index),
  );
  t.is(operations.length, operations[0]?.count ?? -1);
  t.is(operations.at(-1)?.syscall, 'execve');
  t.true(operations.slice(0, -1).every(({ micros }) => micros !== null && micros >= 0));
  const calls = operations.map(({ call }) => call);
  for (const wanted of [/^setns\(/, /^setresuid\(1000, gid 1000/, /^seccomp\(/, /^chdir\(root"\/tmp"\)$/]) {
    t.true(
      calls.some((call) => wanted.test(call)),
      String(wanted),
    );
  }
  const steps = ofType(events, 'enter').map(({ step }) => step);
  t.deepEqual(steps, ['exec', 'user', 'exec-process', 'exec-runtime', 'compile-exec', 'spawn', 'helper']);
  t.is(ofType(events, 'leave').length, steps.length);
});

test('an exec that fails says so at the end, with the status and message of one that nobody listens to', async (t) => {
  const [id, plain] = [
    await createExec(daemon, container, { Cmd: ['no-such-program'] }),
    await createExec(daemon, container, { Cmd: ['no-such-program'] }),
  ];
  const { told } = await listen(id);
  const [answer, without] = [await detached(id), await detached(plain)];
  t.is(answer.text, without.text);
  const last = (await told).at(-1);
  t.like(last, { type: 'failed', status: without.status, message: without.json<{ message: string }>().message });
  t.like(ofType(await told, 'operation').at(-1), { syscall: 'execve', errno: 2 });
});

test('one listens to an exec that is there, not started, and has no listener yet', async (t) => {
  const explain = (id: string) => daemon.api('GET', `/tsker/exec/${id}/explain`);
  t.is((await explain('nobody')).status, 404);
  const id = await createExec(daemon, container, { Cmd: ['true'] });
  const first = await listen(id);
  t.is((await explain(id)).status, 409);
  first.goAway();
  await waitFor('the place of the first', async () => {
    const second = await daemon.stream('GET', `/tsker/exec/${id}/explain`);
    second.destroy();
    return second.statusCode === 200;
  });
  t.is((await detached(id)).status, 200, 'a listener that has gone keeps nothing from running');
  t.is((await explain(id)).status, 409);
});

test('who listens to what will never be started is let go when its container ends', async (t) => {
  const other = await start(daemon, { Cmd: ['sleep', '1000'] });
  const { told } = await listen(await createExec(daemon, other, { Cmd: ['true'] }));
  await daemon.api('DELETE', `/containers/${other}?force=1`);
  t.deepEqual(await told, []);
});

test('exec --explain tells on stderr how it goes, and the program has its streams and its exit code', async (t) => {
  const { code, stdout, stderr } = await daemon.tsker.run([
    'exec',
    '--explain',
    'joined',
    'sh',
    '-c',
    'echo hello; exit 3',
  ]);
  t.is(code, 3, stderr);
  t.is(stdout, 'hello\n');
  t.regex(stderr, /^POST \/exec\/[0-9a-f]{64}\/start\n/);
  t.regex(stderr, /src\/daemon\/exec\/launch\.ts {2}launchExec\(\)/);
  t.regex(stderr, /born in pid:\[\d+\]/);
  t.regex(stderr, /setns {3}.*net:\[\d+\]/);
  t.regex(stderr, /execve\("sh", \["sh", "-c"/);
  t.regex(stderr, /Where the time went/);
});

test('exec --explain=FORMAT, detached and failing', async (t) => {
  const path = join(tempdir(t), 'exec.json');
  const traced = ['exec', `--explain=chrome:${path}`, 'joined', 'sh', '-c', 'echo no >&2'];
  t.like(await daemon.tsker.run(traced), { code: 0, stderr: 'no\n' });
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: { ph: string; name: string }[] };
  for (const name of ['setns', 'spawn']) t.true(traceEvents.some((event) => event.ph === 'X' && event.name === name));
  const background = await daemon.tsker.run(['exec', '-d', '--explain=json', 'joined', 'true']);
  t.like(background, { code: 0, stdout: '' });
  t.is(parseEvents(background.stderr).at(-1)?.type, 'done');
  const missing = await daemon.tsker.run(['exec', '--explain=json', 'joined', 'no-such-program']);
  t.is(missing.code, 127);
  t.is(parseEvents(missing.stderr).at(-1)?.type, 'failed');
  const failed = await daemon.tsker.run(['exec', '-d', '--explain', 'joined', 'no-such-program']);
  t.not(failed.code, 0);
  t.regex(failed.stderr, /the start failed: /);
  t.is((await daemon.tsker.run(['exec', '--explain=yaml', 'joined', 'true'])).code, 125);
});

test.serial('an exec with a terminal is explained before its program writes there', async (t) => {
  const argv = [...tskerCommand(), 'exec', '-it', '--explain', 'joined', 'sh'];
  const terminal = openTerminal(t, argv, { env: { ...process.env, TSKER_HOST: `unix://${daemon.socket}` } });
  await terminal.expect(/Where the time went[\s\S]*\/ # /, PATIENCE.timeout);
  terminal.type('exit 5\r');
  t.is(await terminal.exited, 5);
});
