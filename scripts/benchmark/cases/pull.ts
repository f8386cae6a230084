// Pulls from a local registry of the three shapes that are slow, each image removed before each run.
import { pushImage } from '../../../test/helpers/push.ts';
import type { Engine, Ground } from '../ground.ts';
import { type BenchImage, DEEP, LARGE, SMALL_FILES } from '../images.ts';
import { fewer, interleave } from '../measure.ts';
import { podmanAt } from '../podman.ts';
import { compared, type Row } from '../result.ts';

export async function pull(ground: Ground, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const image of [LARGE, DEEP, SMALL_FILES]) rows.push(...(await pullOne(ground, image, fewer(rounds))));
  return rows;
}

async function pullOne(ground: Ground, { what, name, make }: BenchImage, rounds: number): Promise<Row[]> {
  await pushImage(make(), { url: ground.registry.url, name, tag: 'latest' });
  const reference = `${ground.registry.host}/${name}:latest`;
  const podman = podmanAt(ground.work);
  const contender = (engine: Engine) => ({
    name: engine.name,
    prepare: async () => void (await engine.docker.run(['rmi', '-f', reference])),
    run: async () => void (await engine.docker.ok(['pull', '-q', reference])),
  });
  const series = await interleave(
    [
      ...ground.engines.map(contender),
      {
        name: 'podman',
        prepare: async () => void (await podman.run(['rmi', '-f', reference])),
        run: () => podman.ok(['pull', '-q', '--tls-verify=false', reference]),
      },
    ],
    rounds,
    1,
  );
  await podman.run(['rmi', '-f', reference]);
  for (const engine of ground.engines) await engine.docker.run(['rmi', '-f', reference]);
  return compared(`pull: ${what}`, series, { command: 'pull', atMost: 0.4 });
}
