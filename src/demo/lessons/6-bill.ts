// Lesson 6: the bill of both architectures, measured now: memory of the engine, time of a start, who takes part in one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ownCommand } from '../../util/own-command.ts';
import type { Block } from '../block.ts';
import { defineLesson, finding } from '../lesson.ts';
import { median, medianOf } from '../measure.ts';
import { memoryOf } from '../proc/processes.ts';
import { type Role, roleOf } from '../proc/tree.ts';
import { runtimeVerb, watchDescendants } from '../proc/watch.ts';
import type { Engine } from '../stage/engine.ts';
import { partsOf } from '../stage/parts.ts';
import { shimTime } from '../stage/shim-time.ts';
import { figure, megabytes } from '../terminal/blocks.ts';
import { type Steps, TEXTS } from '../texts/6-bill.ts';

const CONTAINERS = 10;
const ROUNDS = 7;
/** Bytes that a shim may take. */
const SHIM_LIMIT = 0.5 * 2 ** 20;

export const bill = defineLesson<Steps>({
  number: 6,
  name: 'bill',
  texts: TEXTS,
  commands: {
    memory: [
      'tsker daemon $MINE &   # and once more with --arch split',
      `for i in $(seq ${CONTAINERS}); do tsker run -d --net none tsker/busybox sleep 3600; done`,
      'for p in $(pgrep -f $D/); do echo $p $(cat /proc/$p/comm) $(grep ^Pss: /proc/$p/smaps_rollup); done',
    ],
    latency: ['C=$(tsker create --net none tsker/busybox sleep 3600)', 'time tsker start $C'],
    hops: [
      'timeout 5 strace -f -c -e trace=execve,sendto,write -p $(cat $D/pid) &',
      'tsker start $(tsker create --net none tsker/busybox sleep 3600); sleep 5',
    ],
  },
  play(stage) {
    const monolith = stage.engine('monolith');
    const split = stage.engine('split');
    return {
      async memory() {
        const [ours, theirs] = await stage.measure(() => weighBoth(monolith, split));
        const shims = partsOf(split, 'shim').map(({ pid }) => memoryOf(pid));
        const shim = median(shims);
        const bars = [
          { label: 'monolith', value: ours.bytes / 1e6 },
          { label: 'split', value: theirs.bytes / 1e6 },
        ];
        return {
          shown: [memoryTable(ours, theirs), { kind: 'bars', title: 'memory with ten containers', unit: 'MB', bars }],
          claims: {
            one: finding(ours.processes === 1, { containers: CONTAINERS }),
            shims: finding(shims.length === CONTAINERS && theirs.processes === CONTAINERS + 2, {
              containers: CONTAINERS,
              processes: theirs.processes,
            }),
            small: finding(shim > 0 && shim <= SHIM_LIMIT, { shim: figure(shim / 1e3) }),
            more: finding(theirs.bytes > ours.bytes, {
              monolith: figure(ours.bytes / 1e6),
              split: figure(theirs.bytes / 1e6),
            }),
          },
        };
      },
      async latency() {
        const [ours, theirs, commands] = await stage.measure(
          async () => [await startTime(monolith), await startTime(split), await idleCommands(stage.directory)] as const,
        );
        const idle = await stage.measure(() => shimTime(join(split.directory, 'idle'), split.environment()));
        const added = idle.through - idle.alone;
        const bars = [
          { label: 'monolith', value: ours },
          { label: 'split', value: theirs },
          { label: 'two runtime commands that do nothing', value: commands },
          { label: 'containerd and a new shim', value: added },
        ];
        return {
          shown: [{ kind: 'bars', title: 'start of a container', unit: 'ms', bars }],
          claims: {
            slower: finding(theirs > ours, { monolith: figure(ours), split: figure(theirs) }),
            shim: finding(added < theirs, {
              added: figure(added),
              through: figure(idle.through),
              alone: figure(idle.alone),
            }),
          },
        };
      },
      async hops() {
        const [ours, theirs] = await stage.measure(
          async () => [await watchStart(monolith), await watchStart(split)] as const,
        );
        return {
          shown: [
            {
              kind: 'table',
              head: ['', 'passes through', 'started besides'],
              rows: [
                ['monolith', String(ours.parts), ours.started.join(', ') || '–'],
                ['split', String(theirs.parts), theirs.started.join(', ')],
              ],
            },
          ],
          claims: {
            monolith: finding(ours.parts === 1 && ours.started.length === 0, { parts: ours.parts }),
            split: finding(theirs.parts === 3 && theirs.started.length >= 2, {
              parts: theirs.parts,
              started: theirs.started.length,
              verbs: theirs.started.join(', '),
            }),
          },
        };
      },
    };
  },
});

interface Weight {
  /** Bytes of all parts together, containers aside. */
  readonly bytes: number;
  readonly processes: number;
  /** Bytes by role. */
  readonly roles: Readonly<Record<'daemon' | 'containerd' | 'shim', number>>;
}

/** One after the other: what both have in common (the executable's pages) each is to pay alone. */
async function weighBoth(monolith: Engine, split: Engine): Promise<readonly [Weight, Weight]> {
  const ours = await weigh(monolith);
  await monolith.containers.removeAll();
  await monolith.stop();
  const theirs = await weigh(split);
  await monolith.start();
  return [ours, theirs];
}

/** The engine's memory with ten containers. */
async function weigh(engine: Engine): Promise<Weight> {
  await engine.start();
  for (let index = 1; index <= CONTAINERS; index++) await engine.containers.run(`sleeper-${index}`);
  const bytesOf = (role: Role): number => sum(partsOf(engine, role).map(({ pid }) => memoryOf(pid)));
  const roles = { daemon: bytesOf('daemon'), containerd: bytesOf('containerd'), shim: bytesOf('shim') };
  const containers = engine.containers.pids();
  const processes = engine.processes().filter(({ pid }) => !containers.has(pid)).length;
  return { roles, processes, bytes: sum(Object.values(roles)) };
}

function memoryTable(ours: Weight, theirs: Weight): Block {
  const row = (name: string, of: (weight: Weight) => number): readonly string[] => [
    name,
    ...[ours, theirs].map(of).map((bytes) => (bytes === 0 ? '–' : megabytes(bytes))),
  ];
  const rows = [
    row('daemon', ({ roles }) => roles.daemon),
    row('containerd', ({ roles }) => roles.containerd),
    row('ten shims', ({ roles }) => roles.shim),
    row('together', ({ bytes }) => bytes),
    ['processes', String(ours.processes), String(theirs.processes)],
  ];
  return { kind: 'table', head: ['', 'monolith', 'split'], rows };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function startTime(engine: Engine): Promise<number> {
  const ids: string[] = [];
  for (let round = 0; round < ROUNDS; round++) ids.push(await engine.containers.create(`timed-${round}`));
  return medianOf(ROUNDS, (round) => engine.containers.act(ids[round] ?? '', 'start'));
}

/** Milliseconds that two runtime command lines take merely to begin and end. */
async function idleCommands(directory: string): Promise<number> {
  const [program, ...words] = [...ownCommand(), 'runc', '--root', join(directory, 'runc'), 'list'];
  return 2 * (await medianOf(ROUNDS, () => once(spawn(program ?? '', words, { stdio: 'ignore' }), 'close')));
}

interface Passage {
  /** Processes of the engine on the way, shims included. */
  readonly parts: number;
  /** What was started besides the container. */
  readonly started: readonly string[];
}

async function watchStart(engine: Engine): Promise<Passage> {
  const before = new Set(engine.processes().map(({ pid }) => pid));
  const { seen } = await watchDescendants(engine.daemon.pid, () => engine.containers.run('watched'));
  const containers = engine.containers.pids();
  const started = seen.filter(({ pid }) => !before.has(pid) && !containers.has(pid));
  const shims = started.filter((process) => roleOf(process) === 'shim').map(() => 'shim');
  const runtimes = started.filter((process) => roleOf(process) === 'runtime').map(runtimeVerb);
  const others = started.filter((process) => roleOf(process) === 'other' && engine.architecture === 'monolith');
  const parts = 1 + partsOf(engine, 'containerd').length + shims.length;
  return { parts, started: [...shims, ...runtimes, ...others.map(({ comm }) => comm)] };
}
