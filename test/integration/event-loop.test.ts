// The event loop's share of the processor, and that nothing the daemon starts has it. Needs root.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';
import { execute } from './exec.harness.ts';

const SCHED_BATCH = 3;
const CAP_SYS_NICE = 23n;

const capabilities = BigInt(`0x${/^CapEff:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`);
const NEEDS = {
  CAP_SYS_NICE: ((capabilities >> CAP_SYS_NICE) & 1n) === 1n,
  'a nice value of 0': getPriority() === 0,
};

interface Task {
  readonly name: string;
  readonly parent: number;
  readonly nice: number;
  readonly policy: number;
}

/** Of a stat file: proc_pid_stat(5). */
function taskOf(stat: string): Task {
  const end = stat.lastIndexOf(')');
  const fields = stat
    .slice(end + 2)
    .split(' ')
    .map(Number);
  const [parent = NaN, nice = NaN, policy = NaN] = [fields[1], fields[16], fields[38]];
  return { name: stat.slice(stat.indexOf('(') + 1, end), parent, nice, policy };
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

/** What a program in a container sees of itself. */
const LOOK = "cut -d ' ' -f 19,41 /proc/self/stat";

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

needing(test, NEEDS)('the event loop is favoured, and nothing that it brings forth', async (t) => {
  const seen = await observe(await startWithBusybox(t));
  t.true(seen.loop.nice < 0, `${seen.loop.nice}`);
  t.deepEqual([seen.program.nice, seen.program.policy, seen.exec, seen.check], [0, 0, '0 0', '0 0']);
  // A container's proxy is a child of the daemon in either architecture.
  t.true(
    seen.children.some(({ name }) => name === 'tsker-proxy'),
    JSON.stringify(seen.children),
  );
  t.deepEqual(
    seen.children.filter(({ nice, policy }) => nice !== 0 || policy !== 0),
    [],
  );
  t.true(
    seen.threads.some(({ name }) => name === 'tsker-worker') && seen.threads.some(({ name }) => name === 'tsker-pump'),
  );
  for (const { name, nice, policy } of seen.threads) {
    t.deepEqual([nice, policy], name === 'V8Worker' ? [seen.loop.nice, SCHED_BATCH] : [0, 0], name);
  }
});

const sessionOf = (pid: number): string => readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim();

needing(test, { ...NEEDS, autogroups: existsSync('/proc/self/autogroup') })(
  'a daemon with a session of its own is favoured among sessions, one with that of others is not',
  async (t) => {
    const seen = async (through: readonly string[]) => {
      const daemon = await startWithBusybox(t, { through });
      const id = await start(daemon, { Cmd: ['sleep', '3600'] });
      const { Pid } = (await inspect<ContainerInspect>(daemon, id)).State;
      const sessions = { daemon: sessionOf(daemon.pid), program: sessionOf(Pid) };
      await daemon.api('DELETE', `/containers/${id}?force=1`);
      return sessions;
    };
    const leader = await seen(['setsid']);
    t.regex(leader.daemon, / nice -10$/);
    t.regex(leader.program, / nice 0$/);
    const own = sessionOf(process.pid);
    const guest = await seen([]);
    t.deepEqual([guest.daemon, sessionOf(process.pid)], [own, own]);
    t.regex(guest.program, / nice 0$/);
  },
);

needing(test, NEEDS)('a nice value that the daemon was started with is that of all it starts', async (t) => {
  const seen = await observe(await startWithBusybox(t, { through: ['nice', '-n', '3'] }));
  t.deepEqual([seen.loop.nice, seen.program.nice, seen.exec, seen.check], [3, 3, '3 0', '3 0']);
  t.deepEqual(
    [...seen.children, ...seen.threads].filter(({ nice }) => nice !== 3),
    [],
  );
});

needing(test, NEEDS)(
  'without CAP_SYS_NICE the daemon does all it does, and says so to who wants to know',
  async (t) => {
    const daemon = await startWithBusybox(t, {
      through: ['setpriv', '--bounding-set', '-sys_nice', '--inh-caps', '-sys_nice'],
      args: ['--log-level', 'debug'],
    });
    const seen = await observe(daemon);
    t.deepEqual([seen.loop.nice, seen.program.nice, seen.exec, seen.check], [0, 0, '0 0', '0 0']);
    t.regex(daemon.output(), /debug the event loop cannot be favoured what=share error=.*EPERM/);
  },
);
