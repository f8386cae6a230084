// Lesson 3: the process tree of the split, for the same containers as in lesson 1.
import { defineLesson, finding } from '../lesson.ts';
import { lives, namespaceOf, type ProcessFacts, readProcess } from '../proc/processes.ts';
import { roleOf } from '../proc/tree.ts';
import { runtimeVerb, watchDescendants } from '../proc/watch.ts';
import { Cast } from '../stage/cast.ts';
import { containerdOf, partsOf, shimOf } from '../stage/parts.ts';
import { until } from '../stage/wait.ts';
import { type Steps, TEXTS } from '../texts/3-split.ts';
import { RUN_TWO } from './two-sleepers.ts';

export const split = defineLesson<Steps>({
  number: 3,
  name: 'split',
  texts: TEXTS,
  commands: {
    daemon: ['tsker daemon --arch split $MINE &', 'ps -e --forest -o pid,ppid,args | grep -e $D -e "sleep [13]"'],
    run: [...RUN_TWO, 'ps -e --forest -o pid,ppid,args | grep -e $D -e "sleep [13]"'],
    runtime: [
      'timeout 5 strace -qq -f -e trace=execve -e signal=none -p $(pgrep -P $(cat $D/pid)) &',
      'tsker run -d --net none --name three tsker/busybox sleep 3600',
    ],
    exec: ['tsker exec -d one sleep 1800', 'ps -e --forest -o pid,ppid,args | grep -e $D -e "sleep [13]"'],
  },
  play(stage) {
    const engine = stage.engine('split');
    const cast = new Cast(engine);
    return {
      async daemon() {
        const daemon = await engine.start();
        const containerd = containerdOf(engine);
        const processes = engine.processes();
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            two: finding(processes.length === 2, { daemon: daemon.pid, containerd: containerd.pid }),
            child: finding(containerd.parent === daemon.pid),
          },
        };
      },
      async run() {
        const one = await cast.run('one');
        await cast.run('two');
        const shims = partsOf(engine, 'shim');
        const shim = shimOf(one);
        const containerd = containerdOf(engine);
        const way = ancestors(one.process, engine.daemon);
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            shims: finding(shims.length === 2, { shims: shims.map(({ pid }) => pid).join(', ') }),
            parent: finding(one.process.parent === shim.pid, { name: one.name, pid: one.process.pid, shim: shim.pid }),
            grandparent: finding(shim.parent === containerd.pid, { containerd: containerd.pid }),
            far: finding(way.length === 3, { distance: way.length }),
          },
        };
      },
      async runtime() {
        const { result: three, seen } = await watchDescendants(engine.daemon.pid, () => cast.run('three'));
        const shim = shimOf(three);
        const runtimes = seen.filter((process) => roleOf(process) === 'runtime' && process.parent === shim.pid);
        const verbs = runtimes.map(runtimeVerb);
        return {
          shown: [
            { kind: 'lines', lines: runtimes.map(({ pid, parent }, index) => `${pid} ← ${parent}  ${verbs[index]} …`) },
            { kind: 'tree', roots: engine.tree() },
          ],
          claims: {
            seen: finding(runtimes.length >= 2, { count: runtimes.length }),
            verb: finding(verbs.includes('runc create') && verbs.includes('runc start'), { verbs: verbs.join(', ') }),
            gone: finding(!runtimes.some(lives)),
          },
        };
      },
      async exec() {
        const one = cast.get('one');
        const before = new Set(engine.processes().map(({ pid }) => pid));
        await engine.containers.exec(one.id, ['sleep', '1800']);
        const namespace = namespaceOf(one.process.pid, 'pid') ?? '';
        const other = await until('the other program', () =>
          engine.processes().find(({ pid, words }) => !before.has(pid) && words.join(' ') === 'sleep 1800'),
        );
        const shim = shimOf(one);
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            child: finding(readProcess(other.pid)?.parent === shim.pid, { pid: other.pid, shim: shim.pid }),
            inside: finding(namespaceOf(other.pid, 'pid') === namespace, { namespace }),
          },
        };
      },
    };
  },
});

/** Parents of a process up to `top`, the nearest first; to the root of all when it is not among them. */
function ancestors(process: ProcessFacts, top: ProcessFacts): readonly number[] {
  const parent = readProcess(process.parent);
  if (parent === undefined) return [];
  return parent.pid === top.pid ? [parent.pid] : [parent.pid, ...ancestors(parent, top)];
}
