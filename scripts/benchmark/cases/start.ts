// Start of a container: through the command lines, and through the API alone.

import type { Engine, Ground } from '../ground.ts';
import { interleave } from '../measure.ts';
import { type Row, rowOf, seriesOf } from '../result.ts';

/** `run --rm busybox true` on one network: tsker's CLI and the docker CLI against tsker, the docker CLI against Docker. */
async function commandLine(ground: Ground, network: string, rounds: number): Promise<Row[]> {
  const args = ['run', '--rm', '--net', network, ground.image, 'true'];
  const contenders = [
    { name: 'tsker', run: async () => void (await ground.tsker.cli.ok(args)) },
    { name: 'docker on tsker', run: async () => void (await ground.tsker.docker.ok(args)) },
    { name: 'docker', run: async () => void (await ground.reference.docker.ok(args)) },
  ];
  const all = await interleave(contenders, rounds, 2);
  const reference = seriesOf(all, 'docker');
  const against = 'docker run';
  // The ratios are asked for the bridge; without a network Docker itself is faster.
  const asked = network === 'bridge' ? { own: 0.25, docker: 0.15 } : undefined;
  return [
    rowOf(`run --rm, ${network}, tsker's CLI`, {
      ...{ own: seriesOf(all, 'tsker'), reference, against, atMost: asked?.own },
    }),
    rowOf(`run --rm, ${network}, docker's CLI`, {
      ...{ own: seriesOf(all, 'docker on tsker'), reference, against, atMost: asked?.docker },
    }),
  ];
}

/** create + start + wait + remove over one kept connection. */
async function api(ground: Ground, network: string, rounds: number): Promise<Row> {
  const life = (engine: Engine) => ({
    name: engine.name,
    run: () => engine.api.life(ground.image, ['true'], { NetworkMode: network }),
  });
  const all = await interleave(ground.engines.map(life), rounds, 3);
  const pair = { own: seriesOf(all, 'tsker'), reference: seriesOf(all, 'docker') };
  return rowOf(`API create+start+wait+remove, ${network}`, { ...pair, against: 'dockerd', atMost: 0.08 });
}

export async function start(ground: Ground, rounds: number): Promise<Row[]> {
  return [
    ...(await commandLine(ground, 'bridge', rounds)),
    ...(await commandLine(ground, 'none', rounds)),
    await api(ground, 'bridge', rounds * 2),
    await api(ground, 'none', rounds * 2),
  ];
}
