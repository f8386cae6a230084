// Who has a processor first: the event loop, and nothing that the daemon starts. Needs root.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, getPriority } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import { parseProcStat } from '../../src/util/proc-stat.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';
import { execute } from './exec.harness.ts';

const SCHED_OTHER = 0;
const SCHED_RR = 2;
const SCHED_BATCH = 3;

const NEEDS = {
  'real-time scheduling': spawnSync('chrt', ['--reset-on-fork', '--rr', '1', 'true']).status === 0,
  'a nice value of 0': getPriority() === 0,
};

interface Task {
  readonly name: string;
  readonly parent: number;
  readonly nice: number;
  readonly priority: number;
  readonly policy: number;
}

function taskOf(stat: string): Task {
  const { comm: name, field } = parseProcStat(stat);
  const [parent = NaN, nice = NaN, priority = NaN, policy = NaN] = [4, 19, 40, 41].map((number) =>
    Number(field(number)),
  );
  return { name, parent, nice, priority, policy };
}

const processOf = (pid: number): Task => taskOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** The threads of a process, but for its first. */
function othersOf(pid: number): Task[] {
  const threads = readdirSync(`/proc/${pid}/task`).filter((thread) => Number(thread) !== pid);
  return threads.map((thread) => taskOf(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
}

/** containerd has an event loop of its own. */
function childrenOf(parent: number): Task[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isContainerd = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('containerd');
        return isContainerd ? [] : [processOf(Number(pid))];
      } catch {
        return [];
      }
    })
    .filter((task) => task.parent === parent);
}

/** What a program in a container sees of itself: nice value, real-time priority, policy. */
const LOOK = "cut -d ' ' -f 19,40,41 /proc/self/stat";

/** A container with a published port and a health check: its own program, an exec, the check, and the daemon's children. */
async function observe(daemon: Daemon) {
  const id = await start(daemon, {
    Cmd: ['sleep', '3600'],
    ExposedPorts: { '80/tcp': {} },
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    Healthcheck: { Test: ['CMD-SHELL', LOOK], Interval: 100_000_000 },
  });
  const health = async () => (await inspect<ContainerInspect>(daemon, id)).State.Health?.Log?.[0]?.Output.trim();
  await waitFor('a health check', async () => (await health()) !== undefined);
  const { Pid } = (await inspect<ContainerInspect>(daemon, id)).State;
  const { out } = await execute(daemon, id, ['sh', '-c', LOOK]);
  const seen = {
    ...{ program: processOf(Pid), exec: out.trim(), check: await health() },
    ...{ loop: processOf(daemon.pid), threads: othersOf(daemon.pid), children: childrenOf(daemon.pid) },
  };
  await daemon.api('DELETE', `/containers/${id}?force=1`);
  return seen;
}

needing(test, NEEDS)('the event loop comes first, and nothing that it brings forth', async (t) => {
  const daemon = await startWithBusybox(t);
  const cold = await observe(daemon);
  // What it has not done before takes a slow machine's processor for a while.
  await waitFor('the event loop to come first', () => processOf(daemon.pid).policy === SCHED_RR);
  const seen = { ...cold, loop: processOf(daemon.pid), threads: othersOf(daemon.pid) };
  t.is(seen.loop.priority, 2);
  t.deepEqual([seen.program.nice, seen.program.policy, seen.exec, seen.check], [0, SCHED_OTHER, '0 0 0', '0 0 0']);
  // A container's proxy is a child of the daemon in either architecture.
  t.true(
    seen.children.some(({ name }) => name === 'tsker-proxy'),
    JSON.stringify(seen.children),
  );
  t.deepEqual(
    seen.children.filter(({ nice, policy }) => nice !== 0 || policy !== SCHED_OTHER),
    [],
  );
  for (const name of ['tsker-worker', 'tsker-pump', 'tsker-reaper', 'V8Worker', 'libuv-worker']) {
    t.true(
      seen.threads.some((thread) => thread.name === name),
      name,
    );
  }
  for (const { name, nice, policy, priority } of seen.threads) {
    t.deepEqual([nice, policy, priority], PRIORITIES[name] ?? [0, SCHED_OTHER, 0], name);
  }
});

/** Descriptors there is room for, of who reads it or of a process. */
const roomOf = (status: string): number => Number(/^FDSize:\s+(\d+)$/m.exec(status)?.[1]);

test('there is room for the descriptors of many containers before the first, and none of it in a container', async (t) => {
  const daemon = await startWithBusybox(t);
  const [of, room] = [daemon.pid, 16_384];
  const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${of}/limits`, 'utf8')) ?? [];
  t.true(roomOf(readFileSync(`/proc/${of}/status`, 'utf8')) >= Math.min(room, Number(limit)));
  const id = await start(daemon, { Cmd: ['sleep', '3600'] });
  const { out } = await execute(daemon, id, ['cat', '/proc/self/status', '/proc/1/status']);
  const seen = out.split('Name:').slice(1).map(roomOf);
  t.is(seen.length, 2);
  t.true(
    seen.every((size) => size <= 256),
    seen.join(),
  );
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

/** Of threads that are no ordinary ones: nice value, policy, priority. The third holds the first back. */
const PRIORITIES: Readonly<Record<string, readonly number[]>> = {
  V8Worker: [0, SCHED_RR, 1],
  'libuv-worker': [0, SCHED_RR, 1],
  'tsker-prefer': [0, SCHED_RR, 3],
};

/** Milliseconds that a process's first thread has waited for a processor while others had it. */
function waited(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
}

const UNPRIVILEGED = ['setpriv', '--bounding-set', '-sys_nice', '--inh-caps', '-sys_nice'];

needing(test, NEEDS)('while containers keep every processor busy the event loop does not wait for one', async (t) => {
  // Beside one that is scheduled as usual: other suites' daemons may come first as well meanwhile.
  const [first, usual] = await Promise.all([startWithBusybox(t), startWithBusybox(t, { through: UNPRIVILEGED })]);
  const hogs = await Promise.all(
    Array.from({ length: 6 * availableParallelism() }, () =>
      start(first, { Cmd: ['sh', '-c', 'while :; do :; done'] }),
    ),
  );
  await waitFor('the event loop to come first', () => processOf(first.pid).policy === SCHED_RR);
  const waitingOf = async (daemon: Daemon): Promise<number> => {
    const before = waited(daemon.pid);
    for (let request = 0; request < 50; request += 1) {
      await daemon.api('GET', '/containers/json');
      await setTimeout(20);
    }
    return waited(daemon.pid) - before;
  };
  // Under emulation a single second may hold one long wait of the emulator's own.
  let [one, other] = await Promise.all([waitingOf(first), waitingOf(usual)]);
  for (let again = 0; again < 2 && one >= other / 3; again += 1) {
    [one, other] = await Promise.all([waitingOf(first), waitingOf(usual)]);
  }
  await Promise.all(hogs.map((id) => first.api('DELETE', `/containers/${id}?force=1`)));
  t.true(one < other / 3, `it waited for ${one.toFixed(1)} ms, one that is as others for ${other.toFixed(1)} ms`);
});

needing(test, NEEDS)('how the daemon was told to be scheduled is how all is that it starts', async (t) => {
  const nice = await observe(await startWithBusybox(t, { through: ['nice', '-n', '3'] }));
  t.deepEqual([nice.loop.nice, nice.program.nice, nice.exec, nice.check], [3, 3, '3 0 0', '3 0 0']);
  t.deepEqual(
    [...nice.children, ...nice.threads].filter((task) => task.nice !== 3 || task.policy !== SCHED_OTHER),
    [],
  );
  const batch = await observe(await startWithBusybox(t, { through: ['chrt', '--batch', '0'] }));
  t.deepEqual([batch.loop.policy, batch.program.policy, batch.exec], [SCHED_BATCH, SCHED_BATCH, '0 0 3']);
});

needing(test, NEEDS)(
  'without CAP_SYS_NICE the daemon does all it does, and says so to who wants to know',
  async (t) => {
    const daemon = await startWithBusybox(t, {
      through: UNPRIVILEGED,
      args: ['--log-level', 'debug'],
    });
    const seen = await observe(daemon);
    t.deepEqual([seen.loop.policy, seen.program.policy, seen.exec, seen.check], [0, 0, '0 0 0', '0 0 0']);
    t.regex(daemon.output(), /debug the event loop cannot be preferred error=.*EPERM/);
  },
);
