// Lesson 4: kill -9 of the daemon, of containerd, of a shim. What lives on, and who finds it again.
import { defineLesson, finding } from '../lesson.ts';
import { freezerOf } from '../proc/cgroups.ts';
import { lives } from '../proc/processes.ts';
import { Cast } from '../stage/cast.ts';
import type { Started } from '../stage/containers.ts';
import type { Engine } from '../stage/engine.ts';
import { containerdOf, partsOf, shimOf } from '../stage/parts.ts';
import { happens, until } from '../stage/wait.ts';
import { type Steps, TEXTS } from '../texts/4-survival.ts';
import { PIDS_OF_TWO, RUN_TWO, startWithTwo } from './two-sleepers.ts';

/** Milliseconds for what follows a death. */
const SOON = 10_000;
/** Milliseconds after which what was to die with another would have. */
const A_WHILE = 300;

export const survival = defineLesson<Steps>({
  number: 4,
  name: 'survival',
  texts: TEXTS,
  commands: {
    before: ['tsker daemon --arch split $MINE &', ...RUN_TWO, PIDS_OF_TWO],
    daemon: ['kill -9 $(cat $D/pid); sleep 1', 'ps -o pid,ppid,stat,lstart,args -p $ONE,$TWO'],
    again: ['tsker daemon --arch split $MINE &', 'tsker ps', 'tsker pause one; tsker unpause one'],
    containerd: [
      'kill -9 $(pgrep -P $(cat $D/pid))',
      'sleep 1; pgrep -aP $(cat $D/pid)',
      'tsker pause one; tsker unpause one',
    ],
    shim: ['kill -9 $(ps -o ppid= -p $ONE); sleep 1', 'ps -o pid,ppid,stat,lstart,args -p $ONE,$TWO', 'tsker ps -a'],
  },
  play(stage) {
    const engine = stage.engine('split');
    const cast = new Cast(engine);
    return {
      before: () => startWithTwo(engine, cast),
      async daemon() {
        const [one, two] = [cast.get('one'), cast.get('two')];
        const { daemon } = engine;
        const containerd = containerdOf(engine);
        const shims = cast.all.map(shimOf);
        await engine.kill();
        const together = await happens(() => !lives(containerd), SOON);
        // Had they been going to die as well, they would have by now.
        const died = await happens(() => ![one.process, two.process].every(lives), A_WHILE);
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            gone: finding(!lives(daemon), { daemon: daemon.pid }),
            containerd: finding(together, { containerd: containerd.pid }),
            first: finding(!died && lives(one.process), { first: one.name, firstPid: one.process.pid }),
            second: finding(!died && lives(two.process), { second: two.name, secondPid: two.process.pid }),
            shims: finding(shims.every(lives), { shims: shims.map(({ pid }) => pid).join(', ') }),
          },
        };
      },
      async again() {
        const daemon = await engine.start();
        const states = await Promise.all(cast.all.map(async ({ id }) => (await engine.containers.inspect(id)).State));
        const same = states.every(
          ({ Status, Pid }, index) => Status === 'running' && Pid === cast.all[index]?.process.pid,
        );
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            found: finding(same, { daemon: daemon.pid }),
            untouched: finding(cast.all.every(({ process }) => lives(process))),
            obeyed: finding(await obeys(engine, cast.get('one')), { first: 'one' }),
          },
        };
      },
      async containerd() {
        const old = containerdOf(engine);
        const others = [...cast.all.map(({ process }) => process), ...cast.all.map(shimOf)];
        const begun = performance.now();
        process.kill(old.pid, 'SIGKILL');
        const another = await until('another containerd', () =>
          partsOf(engine, 'containerd').find(({ pid }) => pid !== old.pid),
        );
        const milliseconds = Math.round(performance.now() - begun);
        const answers = await obeys(engine, cast.get('one'));
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            gone: finding(!lives(old), { containerd: old.pid }),
            back: finding(lives(another), { another: another.pid, milliseconds }),
            alive: finding(others.every(lives)),
            answers: finding(answers, { first: 'one' }),
          },
        };
      },
      async shim() {
        const [one, two] = [cast.get('one'), cast.get('two')];
        const shim = shimOf(one);
        process.kill(shim.pid, 'SIGKILL');
        const ended = await happens(() => !lives(one.process), SOON);
        const status = await until('the news of it', async () => {
          const { State } = await engine.containers.inspect(one.id);
          return State.Running ? undefined : State.Status;
        });
        return {
          shown: [{ kind: 'tree', roots: engine.tree() }],
          claims: {
            gone: finding(!lives(shim), { first: one.name, shim: shim.pid }),
            first: finding(ended, { first: one.name, firstPid: one.process.pid }),
            second: finding(lives(two.process), { second: two.name, secondPid: two.process.pid }),
            told: finding(status === 'exited', { first: one.name, status }),
          },
        };
      },
    };
  },
});

/** Whether the kernel says that it stands still when the engine was told so, and moves again. */
async function obeys(engine: Engine, { id, process }: Started): Promise<boolean> {
  await engine.containers.act(id, 'pause');
  const still = freezerOf(process.pid, id)?.frozen === true;
  await engine.containers.act(id, 'unpause');
  return still && freezerOf(process.pid, id)?.frozen === false;
}
