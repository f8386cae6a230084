// Lesson 7: the engine is replaced under running containers, in both architectures.
import { defineLesson, finding } from '../lesson.ts';
import { lives } from '../proc/processes.ts';
import { Cast } from '../stage/cast.ts';
import { containerdOf, partsOf, shimOf } from '../stage/parts.ts';
import { happens, until } from '../stage/wait.ts';
import { type Steps, TEXTS } from '../texts/7-upgrade.ts';
import { RUN_TWO } from './two-sleepers.ts';

/** A sleep that is process 1 does not hear SIGTERM; nobody has to wait ten seconds for that. */
const AT_ONCE = { StopSignal: 'SIGKILL' };
const RESTARTED = { ...AT_ONCE, HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } } };
const SOON = 10_000;

export const upgrade = defineLesson<Steps>({
  number: 7,
  name: 'upgrade',
  texts: TEXTS,
  commands: {
    monolith: [
      'tsker daemon $MINE &',
      'tsker run -d --net none --stop-signal KILL --restart always --name one tsker/busybox sleep 3600',
      'tsker run -d --net none --stop-signal KILL --name two tsker/busybox sleep 3600',
      'kill $(cat $D/pid); wait; tsker daemon $MINE &',
      'tsker ps -a',
    ],
    split: [
      'tsker rm -f one two; kill $(cat $D/pid); wait; tsker daemon --arch split $MINE &',
      ...RUN_TWO,
      'kill $(cat $D/pid); wait; tsker daemon --arch split $MINE &',
      'tsker ps',
    ],
    containerd: ['kill $(pgrep -P $(cat $D/pid))', 'sleep 1; pgrep -aP $(cat $D/pid); tsker ps'],
  },
  play(stage) {
    const monolith = stage.engine('monolith');
    const split = stage.engine('split');
    const cast = new Cast(split);
    return {
      async monolith() {
        await monolith.start();
        const one = await monolith.containers.run('one', RESTARTED);
        const two = await monolith.containers.run('two', AT_ONCE);
        await monolith.stop();
        const stopped = await happens(() => ![one.process, two.process].some(lives), SOON);
        await monolith.start();
        const now = await until('the restart', async () => {
          const { State } = await monolith.containers.inspect(one.id);
          return State.Running ? monolith.containers.started(one.id) : undefined;
        });
        const { Status: status } = (await monolith.containers.inspect(two.id)).State;
        return {
          shown: [{ kind: 'tree', roots: monolith.tree() }],
          claims: {
            stopped: finding(stopped),
            restarted: finding(lives(now.process) && !lives(one.process), {
              first: one.name,
              before: one.process.pid,
              now: now.process.pid,
            }),
            lies: finding(status === 'exited', { second: two.name, status }),
          },
        };
      },
      async split() {
        const before = await split.start();
        const one = await cast.run('one', AT_ONCE);
        const two = await cast.run('two', AT_ONCE);
        await split.stop();
        const now = await split.start();
        const states = await Promise.all([one, two].map(async ({ id }) => (await split.containers.inspect(id)).State));
        return {
          shown: [{ kind: 'tree', roots: split.tree() }],
          claims: {
            replaced: finding(!lives(before) && lives(now), { before: before.pid, now: now.pid }),
            first: finding(lives(one.process), { first: one.name, firstPid: one.process.pid }),
            second: finding(lives(two.process), { second: two.name, secondPid: two.process.pid }),
            knows: finding(states.every(({ Status }) => Status === 'running')),
          },
        };
      },
      async containerd() {
        const old = containerdOf(split);
        const others = [...cast.all.map(({ process }) => process), ...cast.all.map(shimOf)];
        process.kill(old.pid, 'SIGTERM');
        const now = await until('the next containerd', () =>
          partsOf(split, 'containerd').find(({ pid }) => pid !== old.pid),
        );
        return {
          shown: [{ kind: 'tree', roots: split.tree() }],
          claims: {
            replaced: finding(!lives(old) && lives(now), { before: old.pid, now: now.pid }),
            same: finding(others.every(lives)),
          },
        };
      },
    };
  },
});
