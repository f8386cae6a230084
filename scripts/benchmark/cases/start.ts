// Start of a container: through the command lines, and through the API alone.

import type { Engine, Ground } from '../ground.ts';
import { interleave, type Series } from '../measure.ts';
import type { Row } from '../result.ts';

function series(all: readonly Series[], name: string): Series {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no contender ${name}`);
  return found;
}

function row(name: string, own: Series, other: Series, against: string, atMost?: number): Row {
  return {
    ...{ name, unit: 'ms', tsker: own.median, reference: other.median, against },
    ...(atMost === undefined ? {} : { atMost }),
    samples: { tsker: own.samples, reference: other.samples },
  };
}

/** `run --rm busybox true` on one network: tsker's CLI and the docker CLI against tsker, the docker CLI against Docker. */
async function commandLine(ground: Ground, network: string, rounds: number): Promise<Row[]> {
  const args = ['run', '--rm', '--net', network, ground.image, 'true'];
  const contenders = [
    { name: 'tsker', run: async () => void (await ground.tsker.cli.ok(args)) },
    { name: 'docker on tsker', run: async () => void (await ground.tsker.docker.ok(args)) },
    { name: 'docker', run: async () => void (await ground.reference.docker.ok(args)) },
  ];
  const all = await interleave(contenders, rounds, 2);
  const docker = series(all, 'docker');
  // The ratios are asked for the bridge; without a network Docker itself is faster.
  const asked = network === 'bridge';
  return [
    row(`run --rm, ${network}, tsker's CLI`, series(all, 'tsker'), docker, 'docker run', asked ? 0.25 : undefined),
    row(
      `run --rm, ${network}, docker's CLI`,
      series(all, 'docker on tsker'),
      docker,
      'docker run',
      asked ? 0.15 : undefined,
    ),
  ];
}

/** create + start + wait + remove over one kept connection. */
async function api(ground: Ground, network: string, rounds: number): Promise<Row> {
  const life = (engine: Engine) => ({
    name: engine.name,
    run: () => engine.api.life(ground.image, ['true'], { NetworkMode: network }),
  });
  const all = await interleave(ground.engines.map(life), rounds, 3);
  return row(`API create+start+wait+remove, ${network}`, series(all, 'tsker'), series(all, 'docker'), 'dockerd', 0.08);
}

export async function start(ground: Ground, rounds: number): Promise<Row[]> {
  return [
    ...(await commandLine(ground, 'bridge', rounds)),
    ...(await commandLine(ground, 'none', rounds)),
    await api(ground, 'bridge', rounds * 2),
    await api(ground, 'none', rounds * 2),
  ];
}
