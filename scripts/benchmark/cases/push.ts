// Push of an image to a registry that has nothing of it: its storage is emptied before each run.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pushImage } from '../../../test/helpers/push.ts';
import { startRegistry } from '../../../test/helpers/registry.ts';
import type { Engine, Ground } from '../ground.ts';
import { MIXED } from '../images.ts';
import { fewer, interleave } from '../measure.ts';
import { podmanAt } from '../podman.ts';
import { compared, type Row } from '../result.ts';

export async function push(ground: Ground, rounds: number): Promise<Row[]> {
  const target = await startRegistry(ground.owner);
  await pushImage(MIXED.make(), { url: ground.registry.url, name: MIXED.name, tag: 'latest' });
  const source = `${ground.registry.host}/${MIXED.name}:latest`;
  const reference = `${target.host}/${MIXED.name}:latest`;
  const podman = podmanAt(ground.work);
  const prepare = async (): Promise<void> => rmSync(join(target.storage, 'docker'), { recursive: true, force: true });
  for (const { docker } of ground.engines) {
    await docker.ok(['pull', '-q', source]);
    await docker.ok(['tag', source, reference]);
  }
  await podman.ok(['pull', '-q', '--tls-verify=false', source]);
  await podman.ok(['tag', source, reference]);
  const contender = ({ name, docker }: Engine) => ({
    name,
    prepare,
    run: async () => void (await docker.ok(['push', '-q', reference])),
  });
  const series = await interleave(
    [
      ...ground.engines.map(contender),
      { name: 'podman', prepare, run: () => podman.ok(['push', '-q', '--tls-verify=false', reference]) },
    ],
    fewer(rounds),
    1,
  );
  for (const name of [source, reference]) {
    for (const { docker } of ground.engines) await docker.run(['rmi', '-f', name]);
    await podman.run(['rmi', '-f', name]);
  }
  return compared(`push: ${MIXED.what}`, series, { command: 'push', atMost: 0.6 });
}
