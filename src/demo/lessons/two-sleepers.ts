// What lessons about deaths and parents have in common: two containers that do nothing, as they are typed and as they are played.
import { type Finding, finding, type Sight } from '../lesson.ts';
import { lives } from '../proc/processes.ts';
import type { Cast } from '../stage/cast.ts';
import type { Engine } from '../stage/engine.ts';

export const RUN_TWO: readonly string[] = [
  'tsker run -d --net none --name one tsker/busybox sleep 3600',
  'tsker run -d --net none --name two tsker/busybox sleep 3600',
];

/** For shells that look at both of them later. */
export const PIDS_OF_TWO = "ONE=$(tsker inspect -f '{{.State.Pid}}' one); TWO=$(tsker inspect -f '{{.State.Pid}}' two)";

/** The step in which everything still runs. */
export async function startWithTwo(engine: Engine, cast: Cast): Promise<Sight<'alive'>> {
  await engine.start();
  const one = await cast.run('one');
  const two = await cast.run('two');
  const both: Finding = finding(lives(one.process) && lives(two.process), {
    first: one.process.pid,
    second: two.process.pid,
  });
  return { shown: [{ kind: 'tree', roots: engine.tree() }], claims: { alive: both } };
}
