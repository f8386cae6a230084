// Lesson 5: who takes part when a container is paused. Being woken shows in a process's count of voluntary context switches, a process
// that was started in being seen.
import { defineLesson, type Finding, finding } from '../lesson.ts';
import { medianOf } from '../measure.ts';
import { freezerOf } from '../proc/cgroups.ts';
import { type ProcessFacts, timesWoken } from '../proc/processes.ts';
import { roleOf } from '../proc/tree.ts';
import { runtimeVerb, watchDescendants } from '../proc/watch.ts';
import { Cast } from '../stage/cast.ts';
import type { Started } from '../stage/containers.ts';
import type { Engine } from '../stage/engine.ts';
import { containerdOf, shimOf } from '../stage/parts.ts';
import { happens } from '../stage/wait.ts';
import { figure } from '../terminal/blocks.ts';
import { type Steps, TEXTS } from '../texts/5-pause.ts';

const ROUNDS = 5;
/** Milliseconds until the kernel says what it was told. */
const SOON = 2000;

export const pause = defineLesson<Steps>({
  number: 5,
  name: 'pause',
  texts: TEXTS,
  commands: {
    monolith: [
      'tsker daemon $MINE &',
      'tsker run -d --net none --name one tsker/busybox sleep 3600',
      'tsker --show-api pause one',
      "cat /proc/$(tsker inspect -f '{{.State.Pid}}' one)/cgroup",
    ],
    split: [
      'kill $(cat $D/pid); wait; tsker daemon --arch split $MINE &',
      'tsker start one; tsker --show-api pause one',
      'grep voluntary /proc/$(pgrep -P $(cat $D/pid))/status',
    ],
    both: ['time tsker pause one; tsker unpause one'],
  },
  play(stage) {
    const monolith = { engine: stage.engine('monolith') };
    const split = { engine: stage.engine('split') };
    const casts = { monolith: new Cast(monolith.engine), split: new Cast(split.engine) };
    return {
      async monolith() {
        const { engine } = monolith;
        await engine.start();
        const one = await casts.monolith.run('one');
        const { daemon } = engine;
        const { woken, frozen } = await watchPause(engine, one, [daemon]);
        const parts = engine.processes().filter(({ pid }) => pid !== one.process.pid);
        return {
          shown: [
            { kind: 'lines', lines: [`POST /containers/one/pause → ${daemon.pid} → ${frozen.values?.['file']}`] },
            { kind: 'tree', roots: engine.tree() },
          ],
          claims: {
            daemon: finding((woken[0] ?? 0) > 0, { daemon: daemon.pid, times: woken[0] ?? 0 }),
            nobody: finding(parts.length === 1),
            frozen,
            thawed: await thaw(engine, one),
          },
        };
      },
      async split() {
        const { engine } = split;
        await engine.start();
        const one = await casts.split.run('one');
        const { daemon } = engine;
        const [containerd, shim] = [containerdOf(engine), shimOf(one)];
        const { woken, frozen, seen } = await watchPause(engine, one, [daemon, containerd, shim]);
        const runtime = seen.find((process) => roleOf(process) === 'runtime' && process.parent === shim.pid);
        const verb = runtime === undefined ? '?' : runtimeVerb(runtime);
        const hops = [daemon.pid, containerd.pid, shim.pid, runtime?.pid ?? '?', frozen.values?.['file']].join(' → ');
        return {
          shown: [
            { kind: 'lines', lines: [`POST /containers/one/pause → ${hops}`] },
            { kind: 'tree', roots: engine.tree() },
          ],
          claims: {
            daemon: finding((woken[0] ?? 0) > 0, { daemon: daemon.pid }),
            containerd: finding((woken[1] ?? 0) > 0, { containerd: containerd.pid }),
            shim: finding((woken[2] ?? 0) > 0, { shim: shim.pid }),
            runtime: finding(verb === 'runc pause', { verb, pid: runtime?.pid ?? 0 }),
            frozen,
            thawed: await thaw(engine, one),
          },
        };
      },
      async both() {
        const times = await stage.measure(async () => [
          await pauseTime(monolith.engine, casts.monolith.get('one')),
          await pauseTime(split.engine, casts.split.get('one')),
        ]);
        const [ours = Number.NaN, theirs = Number.NaN] = times;
        const bars = [
          { label: 'monolith', value: ours },
          { label: 'split', value: theirs },
        ];
        return {
          shown: [{ kind: 'bars', title: 'pause of a container', unit: 'ms', bars }],
          claims: { slower: finding(theirs > ours, { monolith: figure(ours), split: figure(theirs) }) },
        };
      },
    };
  },
});

interface Seen {
  /** How often each of the parts was, in their order. */
  readonly woken: readonly number[];
  readonly seen: readonly ProcessFacts[];
  readonly frozen: Finding;
}

async function watchPause(engine: Engine, { id, process }: Started, parts: readonly ProcessFacts[]): Promise<Seen> {
  const before = parts.map(({ pid }) => timesWoken(pid));
  const { seen } = await watchDescendants(engine.daemon.pid, () => engine.containers.act(id, 'pause'));
  const woken = parts.map(({ pid }, index) => timesWoken(pid) - (before[index] ?? 0));
  const held = await happens(() => freezerOf(process.pid, id)?.frozen === true, SOON);
  const file = freezerOf(process.pid, id)?.file.replace(id, `${id.slice(0, 12)}…`) ?? '?';
  return { woken, seen, frozen: finding(held, { file }) };
}

async function thaw(engine: Engine, { id, process }: Started): Promise<Finding> {
  await engine.containers.act(id, 'unpause');
  return finding(await happens(() => freezerOf(process.pid, id)?.frozen === false, SOON));
}

function pauseTime(engine: Engine, { id }: Started): Promise<number> {
  return medianOf(
    ROUNDS,
    () => engine.containers.act(id, 'pause'),
    () => engine.containers.act(id, 'unpause'),
  );
}
