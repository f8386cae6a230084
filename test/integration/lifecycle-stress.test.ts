// A hundred containers at once, started, exec'd into and stopped, three times over, and a daemon that is killed in the middle
// of it: nothing may be left. TSKER_STRESS_COUNT=200 TSKER_STRESS_ROUNDS=10 is the whole of it, which takes minutes.
import { readdirSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import type { ContainerInspect, ContainerSummary } from '../../src/types/container.ts';
import type { HostEffect } from '../../src/types/system.ts';
import { type Daemon, testArchitecture } from '../helpers/daemon.ts';
import { findTraces } from '../helpers/host.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, start, startWithBusybox } from './daemon.harness.ts';
import { execute } from './exec.harness.ts';

const COUNT = Number(process.env['TSKER_STRESS_COUNT'] ?? 100);
const ROUNDS = Number(process.env['TSKER_STRESS_ROUNDS'] ?? 3);
/** Milliseconds that a test may take: a busy machine is slower by far. */
const PATIENCE = Math.max(300_000, COUNT * ROUNDS * 1000);
/** Its init hears a signal from its first moment on; a program that is process 1 must have its handler before. */
const SERVER = { Cmd: ['sleep', '100000'], HostConfig: { Init: true } };
const TERMINATED = 143;
const range = Array.from({ length: COUNT }, (_, index) => index);

interface Holdings {
  readonly descriptors: number;
  readonly children: number;
  readonly mounts: number;
  readonly effects: number;
}

async function holdings(daemon: Daemon): Promise<Holdings> {
  const { pid } = daemon;
  const children = readdirSync(`/proc/${pid}/task`).map((task) => childrenOf(pid, task));
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    children: children.flat().length,
    mounts: mountsOf(daemon).length,
    effects: (await daemon.api('GET', '/tsker/host')).json<HostEffect[]>().length,
  };
}

/** Those that carry its names: other suites mount at the same time. */
function mountsOf({ pid, root, execRoot }: Daemon): string[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n');
  return lines.filter((line) => line.includes(root) || line.includes(execRoot));
}

/** Of one thread of a process; it may have ended meanwhile. */
function childrenOf(pid: number, task: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean);
  } catch {
    return [];
  }
}

function residentMegabytes({ pid }: Daemon): number {
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

async function round(daemon: Daemon, failures: string[]): Promise<void> {
  const ids = await Promise.all(range.map(() => create(daemon, SERVER)));
  await Promise.all(
    ids.map(async (id, index) => {
      const started = await daemon.api('POST', `/containers/${id}/start`);
      if (started.status !== 204) failures.push(`start: ${started.status} ${started.text}`);
      const { out, code } = await execute(daemon, id, ['sh', '-c', `echo ${index}; exit ${index % 7}`]);
      if (out !== `${index}\n` || code !== index % 7) failures.push(`exec: ${out} ${code}`);
      const stopped = await daemon.api('POST', `/containers/${id}/stop?t=60`);
      if (stopped.status !== 204) failures.push(`stop: ${stopped.status} ${stopped.text}`);
      const { State } = await inspect<ContainerInspect>(daemon, id);
      if (State.ExitCode !== TERMINATED || State.Running) failures.push(`state: ${JSON.stringify(State)}`);
      const removed = await daemon.api('DELETE', `/containers/${id}`);
      if (removed.status !== 204) failures.push(`remove: ${removed.status} ${removed.text}`);
    }),
  );
}

test.serial(`${COUNT} at once, ${ROUNDS} times over, leave nothing`, async (t) => {
  t.timeout(PATIENCE);
  const daemon = await startWithBusybox(t);
  const failures: string[] = [];
  // What the first use makes for good (the seccomp filter, the bridge's rules) is no leak.
  const { Id } = (await inspect<{ Id: string }>(daemon, await start(daemon, SERVER))) as { Id: string };
  await execute(daemon, Id, ['true']);
  await daemon.api('DELETE', `/containers/${Id}?force=1`);
  const before = await holdings(daemon);
  const begun = performance.now();
  for (let i = 0; i < ROUNDS; i += 1) await round(daemon, failures);
  t.log(
    `${Math.round(performance.now() - begun)} ms for ${COUNT * ROUNDS} containers, ${residentMegabytes(daemon)} MB resident`,
  );
  t.deepEqual(failures, []);
  await waitFor('everything is as before', async () => {
    const { descriptors, ...now } = await holdings(daemon);
    const { descriptors: allowed, ...wanted } = before;
    return descriptors <= allowed && JSON.stringify(now) === JSON.stringify(wanted);
  }).catch(async (error: unknown) => t.fail(`${error}: ${JSON.stringify([before, await holdings(daemon)])}`));
  t.deepEqual(readdirSync(`${daemon.root}/containers`), []);
  t.deepEqual((await daemon.api('GET', '/containers/json?all=1')).json<ContainerSummary[]>(), []);
  // The bridge and its rules are the daemon's for as long as it lives.
  const traces = await findTraces([`${daemon.execRoot}/rootfs`]);
  t.deepEqual(
    traces.filter((trace) => trace.startsWith('cgroups') || trace.startsWith('mounts')),
    [],
  );
});

/** In the split those that ran run on, and can be used. */
async function survivors(
  t: ExecutionContext,
  daemon: Daemon,
  left: readonly ContainerSummary[],
): Promise<ReadonlySet<string>> {
  if (testArchitecture() === 'monolith') return new Set();
  const running = left.filter(({ State }) => State === 'running').map(({ Id }) => Id);
  for (const id of running) t.is((await execute(daemon, id, ['echo', 'alive'])).out, 'alive\n');
  return new Set(running);
}

test.serial('a kill -9 in the middle of it is recovered, three times over', async (t) => {
  t.timeout(PATIENCE);
  const daemon = await startWithBusybox(t);
  for (const pause of [50, 400, 1500]) {
    const broken = round(daemon, []).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, pause));
    await daemon.kill();
    await broken;
    await daemon.start();
    const left = (await daemon.api('GET', '/containers/json?all=1')).json<ContainerSummary[]>();
    const lives = await survivors(t, daemon, left);
    t.deepEqual(
      left.filter(({ Id, State }) => !lives.has(Id) && State !== 'created' && State !== 'exited'),
      [],
    );
    const effects = (await daemon.api('GET', '/tsker/host')).json<HostEffect[]>();
    const ofContainers = effects.filter(({ Owner }) => /^[0-9a-f]{64}$/.test(Owner) && !lives.has(Owner));
    t.deepEqual(
      [...new Set(ofContainers.map(({ Kind }) => Kind))].filter((kind) => kind !== 'directory'),
      [],
      'only what a container keeps',
    );
    await Promise.all(left.map(({ Id }) => daemon.api('DELETE', `/containers/${Id}?force=${lives.has(Id)}`)));
    t.deepEqual(readdirSync(`${daemon.root}/containers`), []);
    const id = await start(daemon, SERVER);
    t.is((await execute(daemon, id, ['echo', 'alive'])).out, 'alive\n');
    await daemon.api('DELETE', `/containers/${id}?force=1`);
  }
});
