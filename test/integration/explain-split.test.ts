// A start and an exec in the split architecture, explained: each hop is a process that is there, and the runtime behind containerd and the
// shim hands its account over. (root)
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import type { ExplainEvent } from '../../src/types/explain.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { create, inspect, startWithBusybox } from './daemon.harness.ts';
import { statusOf } from './exec.harness.ts';
import { parseEvents } from './explain.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
let daemon: Daemon;

test.before('a daemon of the split architecture with our own runtime starts', async () => {
  daemon = await startWithBusybox(suite, { arch: 'split', runtime: 'tsker' });
});

async function explained(body: object): Promise<{ id: string; events: ExplainEvent[] }> {
  const id = await create(daemon, body);
  const answer = await daemon.api('POST', `/containers/${id}/start?explain=1`);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return { id, events: parseEvents(answer.text) };
}

test('a start is told hop by hop, with every operation that the runtime has done', async (t) => {
  const { id, events } = await explained({ Cmd: ['sleep', '1000'], Hostname: 'told' });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const { Pid } = (await inspect<{ State: { Pid: number } }>(daemon, id)).State;
  const last = events.at(-1);
  t.like(last, { type: 'done', pid: Pid });
  const hops = events.flatMap((event) => (event.type === 'fact' && event.topic === 'hop' ? [event.data] : []));
  t.deepEqual(
    hops.map(({ program }) => program),
    ['tsker containerd', 'tsker-shim', 'tsker runc create'],
  );
  const [containerd, shim] = hops;
  t.is(Number(statusOf(Pid, 'PPid')), shim?.pid ?? -1);
  t.is(Number(statusOf(shim?.pid ?? 0, 'PPid')), containerd?.pid ?? -1);
  t.is(Number(statusOf(containerd?.pid ?? 0, 'PPid')), daemon.pid);
  // On cgroup v2 a plan of one operation comes before the helper's: it is born into that cgroup.
  const operations = events.filter((event) => event.type === 'operation').filter(({ by }) => by === 'helper');
  t.deepEqual(
    operations.map(({ index }) => index),
    operations.map((_, index) => index),
  );
  t.is(operations.length, operations[0]?.count ?? -1);
  const calls = operations.map(({ call }) => call);
  for (const wanted of [/^pivot_root/, /^sethostname\("told"\)$/, /^seccomp\(/, /^execve\("sleep"/]) {
    t.true(
      calls.some((call) => wanted.test(call)),
      String(wanted),
    );
  }
  const timed = operations.filter(({ micros }) => micros !== null);
  t.true(timed.length >= operations.length - 3, 'only what comes behind the gate was timed by nobody');
});

test('spans of both processes nest, in one order of time', async (t) => {
  const { id, events } = await explained({ Cmd: ['true'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const open: { span: number; step: string }[] = [];
  const parents = new Map<string, string | undefined>();
  for (const event of events) {
    if (event.type === 'enter') {
      t.is(event.parent, open.at(-1)?.span);
      parents.set(event.step, open.at(-1)?.step);
      open.push(event);
    }
    if (event.type === 'leave') t.is(event.span, open.pop()?.span ?? -1);
  }
  t.deepEqual(open, []);
  t.is(parents.get('runc-load'), 'tasks-create');
  t.is(parents.get('runc-create'), 'tasks-create');
  t.is(parents.get('compile'), 'runc-create');
  const entered = events.flatMap((event) => (event.type === 'enter' ? [event.at] : []));
  t.deepEqual(
    entered,
    entered.toSorted((a, b) => a - b),
  );
});

test('a start that fails in the runtime says at which operation, and nothing of it is told without explain', async (t) => {
  const { id, events } = await explained({ Cmd: ['no-such-program'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const plain = await daemon.api('POST', `/containers/${id}/start`);
  t.like(events.at(-1), { type: 'failed', status: plain.status, message: plain.json<{ message: string }>().message });
  const failed = events.filter((event) => event.type === 'operation').at(-1);
  t.like(failed, { syscall: 'faccessat', errno: 2 });
  const quiet = await create(daemon, { Cmd: ['sleep', '1000'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${quiet}?force=1`));
  await daemon.api('POST', `/containers/${quiet}/start`);
  const bundle = join(daemon.execRoot, 'containerd/tasks', quiet);
  t.notRegex(readFileSync(join(bundle, 'config.json'), 'utf8'), /tsker\.explain/);
});

test('a start cannot be stepped through, and an exec is told with what the runtime has done', async (t) => {
  const { id } = await explained({ Cmd: ['sleep', '1000'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const stopped = await create(daemon, { Cmd: ['true'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${stopped}?force=1`));
  const refused = await daemon.api('POST', `/containers/${stopped}/start?explain=1&step=1`);
  t.is(refused.status, 501);
  t.regex(refused.text, /--arch split/);
  const { code, stdout, stderr } = await daemon.tsker.run(['exec', '--explain=json', id, 'echo', 'hello']);
  t.like({ code, stdout }, { code: 0, stdout: 'hello\n' });
  const events = parseEvents(stderr);
  t.is(events.at(-1)?.type, 'done');
  t.true(events.some((event) => event.type === 'enter' && event.step === 'tasks-exec'));
  const joined = events.find((event) => event.type === 'fact' && event.topic === 'joined');
  t.true(joined?.type === 'fact' && joined.topic === 'joined' && joined.data.namespaces.length > 4);
  const operations = events.filter((event) => event.type === 'operation');
  t.deepEqual(
    operations.map(({ index }) => index),
    operations.map((_, index) => index),
  );
  t.is(operations.length, operations[0]?.count ?? -1);
  t.true(operations.some(({ syscall }) => syscall === 'setns'));
  t.deepEqual(
    readdirSync(join(daemon.execRoot, 'containerd/tasks', id)).filter((name) => name.includes('explain')),
    [],
    'what was handed over is taken away',
  );
});
