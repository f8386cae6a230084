// An explained start against the real kernel: what is told is compared with /proc, cgroups and links, and a start that waits for
// steps leaves nothing behind, however it ends. Needs: root, busybox-static, python3.
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import type { ExplainEvent } from '../../src/types/explain.ts';
import type { Xray } from '../../src/types/xray.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { tskerCommand } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, start, startWithBusybox } from './daemon.harness.ts';
import { ofType, parseEvents } from './explain.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
let daemon: Daemon;
/** Milliseconds for what takes a fraction of one second on a machine that is not busy. */
const PATIENCE = 40_000;

test.before('a daemon starts', async () => {
  daemon = await startWithBusybox(suite);
});

async function explained(body: object): Promise<{ id: string; events: ExplainEvent[] }> {
  const id = await create(daemon, body);
  const answer = await daemon.api('POST', `/containers/${id}/start?explain=1`);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return { id, events: parseEvents(answer.text) };
}

test('what an explained start tells of the process, its layers and its link is what the host shows', async (t) => {
  const { id, events } = await explained({ Cmd: ['sleep', '1000'], HostConfig: { Memory: 64 << 20 } });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const [request] = ofType(events, 'request');
  t.like(request, { container: id, pid: daemon.pid, method: 'POST' });
  const [done] = ofType(events, 'done');
  t.is(done?.pid, (await inspect<{ State: { Pid: number } }>(daemon, id)).State.Pid);
  t.is(events.at(-1), done);
  const facts = ofType(events, 'fact');
  const root = facts.find((fact) => fact.topic === 'rootfs');
  if (root?.topic !== 'rootfs') return t.fail();
  for (const path of [...(root.data.lower ?? []), root.data.upper ?? '/missing']) t.true(existsSync(path), path);
  const mounts = readFileSync(`/proc/${done?.pid}/mountinfo`, 'utf8').split('\n');
  const rootLine = mounts.find((line) => line.split(' ')[4] === '/') ?? '';
  for (const option of root.data.options.filter((one) => /^(lower|upper|work)dir=/.test(one))) {
    t.true(rootLine.includes(option), option);
  }
  const layers = facts.filter((fact) => fact.topic === 'layer');
  t.true(layers.length > 0);
  const endpoint = facts.find((fact) => fact.topic === 'endpoint');
  if (endpoint?.topic !== 'endpoint') return t.fail();
  const link = `/sys/class/net/${endpoint.data.hostInterface}`;
  t.is(Number(readFileSync(join(link, 'ifindex'), 'utf8')), endpoint.data.index ?? -1);
  t.regex(readlinkSync(join(link, 'master')), new RegExp(`${daemon.bridge}$`));
});

test('every operation of the plan is told once and in order, with its system call, its result and its time', async (t) => {
  const { id, events } = await explained({ Cmd: ['true'], Hostname: 'told' });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const operations = ofType(events, 'operation').filter(({ by }) => by === 'helper');
  t.deepEqual(
    operations.map(({ index }) => index),
    operations.map((_, index) => index),
  );
  t.is(operations.length, operations[0]?.count ?? -1);
  t.is(operations.at(-1)?.syscall, 'execve');
  t.true(operations.slice(0, -1).every(({ micros }) => micros !== null && micros >= 0));
  const calls = operations.map(({ call }) => call);
  for (const wanted of [/^mount\("overlay", .*lowerdir=/, /^pivot_root/, /^sethostname\("told"\)$/, /^seccomp\(/]) {
    t.true(
      calls.some((call) => wanted.test(call)),
      String(wanted),
    );
  }
  const times = operations.map(({ at }) => at);
  t.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('spans are left in the reverse order in which they are entered, and the summary is all of the time', async (t) => {
  const { id, events } = await explained({ Cmd: ['true'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const open: number[] = [];
  for (const event of events) {
    if (event.type === 'enter') {
      t.is(event.parent, open.at(-1));
      open.push(event.span);
    }
    if (event.type === 'leave') t.is(event.span, open.pop() ?? -1);
  }
  t.deepEqual(open, []);
  const summary = ofType(events, 'done')[0]?.summary;
  const sum = summary?.parts.reduce((all, { micros }) => all + micros, 0) ?? 0;
  t.true(Math.abs(sum - (summary?.total ?? 0)) < 10);
  for (const step of ['start', 'network', 'launch', 'spec', 'runtime', 'compile', 'spawn', 'helper', 'record']) {
    t.true(
      summary?.parts.some((part) => part.step === step),
      step,
    );
  }
});

test('a start that fails says so at the end, with the status and message of one that is not explained', async (t) => {
  const { id, events } = await explained({ Cmd: ['no-such-program'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const plain = await daemon.api('POST', `/containers/${id}/start`);
  const last = events.at(-1);
  if (last?.type !== 'failed') return t.fail();
  t.is(last.status, plain.status);
  t.is(last.message, plain.json<{ message: string }>().message);
  const failed = ofType(events, 'operation').at(-1);
  t.like(failed, { syscall: 'execve', errno: 2 });
});

test('a start that is refused before it began has a status of its own, explained or not', async (t) => {
  t.is((await daemon.api('POST', '/containers/nobody/start?explain=1')).status, 404);
  const { id } = await explained({ Cmd: ['sleep', '1000'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  t.is((await daemon.api('POST', `/containers/${id}/start?explain=1`)).status, 304);
  t.is((await daemon.api('POST', `/tsker/containers/${id}/step?action=next`)).status, 409);
  t.is((await daemon.api('POST', `/tsker/containers/${id}/step?action=jump`)).status, 400);
  t.is((await daemon.api('POST', '/tsker/containers/nobody/step?action=next')).status, 404);
  for (const limit of ['0', '9999', 'x']) {
    t.is((await daemon.api('POST', `/containers/${id}/start?explain=1&step=1&limit=${limit}`)).status, 400);
  }
});

test.serial('run --explain tells on stderr what happens before the program writes anything', async (t) => {
  const { code, stdout, stderr } = await daemon.tsker.run(['run', '--rm', '--explain', 'busybox', 'echo', 'hello']);
  t.is(code, 0, stderr);
  t.is(stdout, 'hello\n');
  t.regex(stderr, /^POST \/containers\/[0-9a-f]{64}\/start\?explain=1\n/);
  t.regex(stderr, /src\/daemon\/container\/launch\.ts {2}launch\(\)/);
  t.regex(stderr, /execve\("echo", \["echo", "hello"\]/);
  t.regex(stderr, /Where the time went/);
});

test.serial('run --explain=FORMAT:FILE leaves stderr to the program, and a trace opens as one', async (t) => {
  const directory = tempdir(t);
  const path = join(directory, 'trace.json');
  const result = await daemon.tsker.run([
    'run',
    '--rm',
    `--explain=trace:${path}`,
    'busybox',
    'sh',
    '-c',
    'echo no >&2',
  ]);
  t.like(result, { code: 0, stderr: 'no\n' });
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: { ph: string; name: string }[] };
  t.true(traceEvents.some(({ ph, name }) => ph === 'X' && name === 'pivot_root'));
  t.true(traceEvents.some(({ ph, name }) => ph === 'X' && name === 'spawn'));
});

test.serial('start --explain=json is a line an event, and run keeps its exit codes', async (t) => {
  const id = await create(daemon, { Cmd: ['true'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const { stdout, stderr } = await daemon.tsker.run(['start', '--explain=json', id]);
  t.is(stdout, `${id}\n`);
  t.is(parseEvents(stderr).at(-1)?.type, 'done');
  t.is((await daemon.tsker.run(['run', '--rm', '--explain', 'busybox', 'no-such-program'])).code, 127);
  t.is((await daemon.tsker.run(['run', '--rm', '--explain=yaml', 'busybox', 'true'])).code, 125);
  t.is((await daemon.tsker.run(['run', '--rm', '--step', 'busybox', 'true'])).code, 125);
});

const stepped = (t: Parameters<typeof openTerminal>[0], ...args: readonly string[]) =>
  openTerminal(t, [...tskerCommand(), 'run', '--step', ...args], {
    env: { ...process.env, TSKER_HOST: `unix://${daemon.socket}` },
  });

test.serial('run --step does an operation a key, then runs on, and the container works', async (t) => {
  // It has the parents of its cgroup: with none in them another suite's engine takes them away as it ends, and the plan is begun again.
  const id = await start(daemon, { Cmd: ['sleep', '3600'] });
  const terminal = stepped(t, '--rm', 'busybox', 'echo', 'done-at-last');
  await terminal.expect(/next 1\/\d+/, PATIENCE);
  terminal.type('\r');
  await terminal.expect(/next 2\/\d+/, PATIENCE);
  terminal.type('n');
  await terminal.expect(/next 3\/\d+/, PATIENCE);
  terminal.type('c');
  await terminal.expect(/done-at-last/, PATIENCE);
  t.is(await terminal.exited, 0);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

const isGone = (pid: number) => waitFor('the end of the half-built process', () => !existsSync(`/proc/${pid}`));

async function firstPause(
  options: string,
): Promise<{ id: string; pid: number; abort: () => void; text: () => string }> {
  const id = await create(daemon, { Cmd: ['true'] });
  const answer = await daemon.stream('POST', `/containers/${id}/start?explain=1&step=1${options}`);
  let text = '';
  answer.on('data', (piece: Buffer) => (text += piece.toString()));
  answer.on('error', () => undefined);
  const pause = await waitFor('the first pause', () =>
    text.split('\n').find((line) => line.includes('"type":"pause"')),
  );
  const { pid } = JSON.parse(pause) as { pid: number };
  return { id, pid, abort: () => answer.destroy(), text: () => text };
}

test('a client that goes away in the middle of a step leaves no process and no cgroup', async (t) => {
  const { id, pid, abort } = await firstPause('');
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  t.is((await daemon.api('POST', `/tsker/containers/${id}/step?action=next`)).status, 204);
  abort();
  await isGone(pid);
  await waitFor('the start has been undone', async () => {
    const { State } = await inspect<{ State: { Error: string; Status: string } }>(daemon, id);
    return State.Error !== '' && State.Status === 'created';
  });
  t.deepEqual(
    (await daemon.traces()).filter((trace) => trace.includes(id) && !trace.includes(daemon.root)),
    [],
  );
});

test.serial('a start that nobody goes on with is given up in time, and says why', async (t) => {
  const { id, pid, text } = await firstPause('&limit=1');
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  await isGone(pid);
  await waitFor('the reason', () => text().includes('nobody went on for 1 seconds'));
  t.is((await daemon.api('POST', `/containers/${id}/start`)).status, 204);
});

test.serial(
  'a daemon that is killed in the middle of a step takes the half-built process with it, and nothing is left',
  async (t) => {
    const other = await startWithBusybox(t);
    const id = await create(other, { Cmd: ['true'] });
    const answer = await other.stream('POST', `/containers/${id}/start?explain=1&step=1`);
    let text = '';
    answer.on('data', (piece: Buffer) => (text += piece.toString()));
    answer.on('error', () => undefined);
    const step = () => other.api('POST', `/tsker/containers/${id}/step?action=next`);
    const told = (index: number) =>
      waitFor(
        `operation ${index}`,
        () => text.includes(`"type":"operation","at"`) && text.includes(`"index":${index},`),
      );
    await waitFor('the first pause', () => text.includes('"type":"pause"'));
    for (const index of [0, 1, 2, 3]) {
      await step();
      await told(index);
    }
    const { pid } = JSON.parse(text.split('\n').find((line) => line.includes('"type":"pause"')) ?? '{}') as {
      pid: number;
    };
    await other.kill();
    await isGone(pid);
    await other.start();
    t.deepEqual(
      (await other.traces()).filter((trace) => trace.includes(id) && trace.includes('cgroup')),
      [],
    );
    t.is((await other.api('POST', `/containers/${id}/start`)).status, 204);
  },
);

test.serial('a start with a user namespace and a terminal is stepped through as well, and x-rayed', async (t) => {
  const ids = join(tempdir(t), 'subid');
  writeFileSync(ids, 'root:700000:65536\n');
  const script = 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && shift && exec "$@"';
  const other = await startWithBusybox(t, {
    through: ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh', ids],
    args: ['--userns-remap', 'root'],
  });
  const env = { ...process.env, TSKER_HOST: `unix://${other.socket}` };
  const argv = [...tskerCommand(), 'run', '-it', '--rm', '--step', '--name', 'mapped', 'busybox', 'sh'];
  const terminal = openTerminal(t, argv, { env });
  for (const number of [1, 2, 3]) {
    await terminal.expect(new RegExp(`next ${number}/\\d+`), PATIENCE);
    terminal.type('\r');
  }
  await terminal.expect(/next 4\/\d+/, PATIENCE);
  terminal.type('c');
  await terminal.expect(/\/ # /, PATIENCE);
  const xray = JSON.parse(await other.tsker.ok(['xray', '--format', 'json', 'mapped'])) as Xray;
  t.is(xray.privileges.uidMap[0]?.inside, 0);
  t.is(xray.privileges.uidMap[0]?.outside, 700_000);
  t.true(xray.network.links.some(({ name, peer }) => name === 'eth0' && peer !== undefined));
  t.false(xray.namespaces.find(({ type }) => type === 'user')?.host);
  terminal.type('exit 5\r');
  t.is(await terminal.exited, 5);
});

test.serial('run --step that is given up removes what --rm was to remove', async (t) => {
  const terminal = stepped(t, '--rm', '--name', 'given-up', 'busybox', 'true');
  await terminal.expect(/next 1\/\d+/, PATIENCE);
  terminal.type('\r');
  await terminal.expect(/next 2\/\d+/, PATIENCE);
  terminal.type('q');
  t.not(await terminal.exited, 0);
  t.regex(terminal.shown(), /given up: it was aborted/);
  t.is((await daemon.api('GET', '/containers/given-up/json')).status, 404);
});
