// Lesson 1: the monolith's process tree. Who is whose parent, and what a container is to the kernel.
import { defineLesson, finding } from '../lesson.ts';
import { cgroupsOf, namespaceOf, namespacePids } from '../proc/processes.ts';
import { Cast } from '../stage/cast.ts';
import { until } from '../stage/wait.ts';
import { type Steps, TEXTS } from '../texts/1-monolith.ts';
import { RUN_TWO } from './two-sleepers.ts';

const NAMESPACES = ['pid', 'mnt', 'net', 'uts', 'ipc'] as const;

export const monolith = defineLesson<Steps>({
  number: 1,
  name: 'monolith',
  texts: TEXTS,
  commands: {
    daemon: ['tsker daemon $MINE &', 'ps -e --forest -o pid,ppid,args | grep -e $D -e "sleep [13]"'],
    run: [...RUN_TWO, 'ps -e --forest -o pid,ppid,args | grep -e $D -e "sleep [13]"'],
    inside: [
      "P=$(tsker inspect -f '{{.State.Pid}}' one)",
      'grep NSpid /proc/$P/status; ls -l /proc/$P/ns /proc/self/ns; cat /proc/$P/cgroup',
    ],
    exec: ['tsker exec -d one sleep 1800', 'ps -o pid,ppid,args --ppid $(cat $D/pid)'],
  },
  play(stage) {
    const engine = stage.engine('monolith');
    const cast = new Cast(engine);
    return {
      async daemon() {
        const daemon = await engine.start();
        const processes = engine.processes();
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            one: finding(processes.length === 1 && processes[0]?.pid === daemon.pid, { daemon: daemon.pid }),
            childless: finding(!processes.some(({ parent }) => parent === daemon.pid)),
          },
        };
      },
      async run() {
        const one = await cast.run('one');
        const two = await cast.run('two');
        const daemon = engine.daemon.pid;
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            first: finding(one.process.parent === daemon, { first: one.name, firstPid: one.process.pid, daemon }),
            second: finding(two.process.parent === daemon, { second: two.name, secondPid: two.process.pid }),
            nobody: finding(engine.processes().length === 3),
          },
        };
      },
      async inside() {
        const { id, process } = cast.get('one');
        const different = NAMESPACES.filter((kind) => namespaceOf(process.pid, kind) !== namespaceOf('self', kind));
        const cgroups = cgroupsOf(process.pid);
        const lines = NAMESPACES.map((kind) => `${namespaceOf('self', kind)}  →  ${namespaceOf(process.pid, kind)}`);
        return {
          shown: [{ kind: 'lines', lines: [`NSpid: ${namespacePids(process.pid).join(' ')}`, ...lines, ...cgroups] }],
          claims: {
            first: finding(namespacePids(process.pid).at(-1) === 1, { pid: process.pid }),
            namespaces: finding(different.length === NAMESPACES.length, { namespaces: different.join(', ') }),
            cgroup: finding(
              cgroups.some((path) => path.includes(id)),
              { cgroup: `/${id.slice(0, 12)}…` },
            ),
          },
        };
      },
      async exec() {
        const { id, process } = cast.get('one');
        const before = new Set(engine.processes().map(({ pid }) => pid));
        await engine.containers.exec(id, ['sleep', '1800']);
        const other = await until('the other program', () => engine.processes().find(({ pid }) => !before.has(pid)));
        const namespace = namespaceOf(process.pid, 'pid') ?? '';
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            child: finding(other.parent === engine.daemon.pid, { pid: other.pid, daemon: engine.daemon.pid }),
            inside: finding(await until('its namespaces', () => namespaceOf(other.pid, 'pid') === namespace), {
              namespace,
            }),
          },
        };
      },
    };
  },
});
