// What a network of its own costs a container: the same start on the bridge and without a network, by tsker alone, for what another
// engine cleans up after its containers would be as much as the difference.
import type { Ground } from '../ground.ts';
import { type Contender, interleave } from '../measure.ts';
import type { Row } from '../result.ts';

/** Milliseconds that it may cost. */
const COST = 5;

export async function bridge(ground: Ground, rounds: number): Promise<Row[]> {
  const { cli, docker, api } = ground.tsker;
  const { image } = ground;
  return [
    ...(await cost("run --rm, bridge, tsker's CLI", rounds, (network) =>
      cli.ok(['run', '--rm', '--net', network, image, 'true']),
    )),
    ...(await cost("run --rm, bridge, docker's CLI", rounds, (network) =>
      docker.ok(['run', '--rm', '--net', network, image, 'true']),
    )),
    ...(await cost('API create+start+wait+remove, bridge', rounds * 2, (network) =>
      api.life(image, ['true'], { NetworkMode: network }),
    )),
  ];
}

async function cost(name: string, rounds: number, start: (network: string) => Promise<unknown>): Promise<Row[]> {
  const contender = (network: string): Contender => ({ name: network, run: async () => void (await start(network)) });
  const [on, without] = await interleave(['bridge', 'none'].map(contender), rounds, 3);
  if (on === undefined || without === undefined) throw new Error('both must have been timed');
  return [
    {
      ...{ name, unit: 'ms', tsker: on.median, reference: without.median, against: 'the same, none', atMostMore: COST },
      samples: { tsker: on.samples, reference: without.samples },
    },
  ];
}
