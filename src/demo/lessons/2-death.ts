// Lesson 2: kill -9 of the monolith's daemon. The containers die with it; what is left on the host the next daemon undoes.
import { defineLesson, finding } from '../lesson.ts';
import { cgroupDirectories } from '../proc/cgroups.ts';
import { lives } from '../proc/processes.ts';
import { Cast } from '../stage/cast.ts';
import { happens } from '../stage/wait.ts';
import { type Steps, TEXTS } from '../texts/2-death.ts';
import { PIDS_OF_TWO, RUN_TWO, startWithTwo } from './two-sleepers.ts';

/** Milliseconds that the kernel has for what it does at once. */
const SOON = 5000;

export const death = defineLesson<Steps>({
  number: 2,
  name: 'death',
  texts: TEXTS,
  commands: {
    before: ['tsker daemon $MINE &', ...RUN_TWO, PIDS_OF_TWO, "ID=$(tsker inspect -f '{{.Id}}' one)"],
    kill: ['kill -9 $(cat $D/pid); sleep 1', 'ps -o pid,ppid,stat,args -p $(cat $D/pid),$ONE,$TWO'],
    left: ['find /sys/fs/cgroup -type d -name "*$ID*"'],
    again: ['tsker daemon $MINE &', 'tsker ps -a', 'tsker start one'],
  },
  play(stage) {
    const engine = stage.engine('monolith');
    const cast = new Cast(engine);
    return {
      before: () => startWithTwo(engine, cast),
      async kill() {
        const [one, two] = [cast.get('one'), cast.get('two')];
        const { daemon } = engine;
        const before = performance.now();
        await engine.kill();
        const all = await happens(() => ![daemon, one.process, two.process].some(lives), SOON);
        const milliseconds = Math.round(performance.now() - before);
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            daemon: finding(!lives(daemon), { daemon: daemon.pid }),
            first: finding(!lives(one.process), { first: one.name, firstPid: one.process.pid }),
            second: finding(!lives(two.process), { second: two.name, secondPid: two.process.pid }),
            soon: finding(all, { milliseconds }),
          },
        };
      },
      async left() {
        const groups = cast.all.flatMap(({ id }) => cgroupDirectories(id));
        return {
          shown: [{ kind: 'lines', lines: groups.map((path) => path.replace(/(\w{12})\w+$/, '$1…')) }],
          claims: {
            nobody: finding(engine.processes().length === 0),
            cgroups: finding(groups.length > 0, { cgroups: groups.length }),
          },
        };
      },
      async again() {
        await engine.start();
        const states = await Promise.all(cast.all.map(async ({ id }) => (await engine.containers.inspect(id)).State));
        const groups = cast.all.flatMap(({ id }) => cgroupDirectories(id));
        const { id, name } = cast.get('one');
        await engine.containers.act(id, 'start');
        const { process } = await engine.containers.started(id);
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            exited: finding(
              states.every(({ Status, ExitCode }) => Status === 'exited' && ExitCode === 137),
              { codes: states.map(({ ExitCode }) => ExitCode).join(', ') },
            ),
            undone: finding(groups.length === 0),
            startable: finding(lives(process), { first: name, pid: process.pid }),
          },
        };
      },
    };
  },
});
