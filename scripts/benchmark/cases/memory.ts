// Memory of the engines: PSS of the daemon with everything below it, idle and with sleeping containers (counted too).
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, Ground } from '../ground.ts';
import { processTree, pssMegabytes } from '../processes.ts';
import type { Row } from '../result.ts';

const CONTAINERS = 50;

function pss(engine: Engine): number {
  return pssMegabytes(processTree([engine.rootPid], engine.marks));
}

async function startSleepers(engine: Engine, image: string): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < CONTAINERS; index += 1) {
    const body = { Image: image, Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: 'none' } };
    const { Id } = (await engine.api.call('POST', '/containers/create', body)) as { Id: string };
    await engine.api.call('POST', `/containers/${Id}/start`);
    ids.push(Id);
  }
  return ids;
}

export async function memory(ground: Ground): Promise<Row[]> {
  const figures: { idle: number; busy: number }[] = [];
  for (const engine of ground.engines) {
    await sleep(2000);
    const idle = pss(engine);
    const ids = await startSleepers(engine, ground.image);
    await sleep(2000);
    figures.push({ idle, busy: pss(engine) });
    await Promise.all(ids.map((id) => engine.api.call('DELETE', `/containers/${id}?force=1`)));
  }
  const [tsker, docker] = figures;
  if (tsker === undefined || docker === undefined) throw new Error('both engines must have been measured');
  const against = 'dockerd, containerd, shims';
  return [
    { name: 'memory idle (PSS)', unit: 'MB', tsker: tsker.idle, reference: docker.idle, against },
    {
      name: `memory with ${CONTAINERS} containers (PSS)`,
      ...{ unit: 'MB', tsker: tsker.busy, reference: docker.busy, against, atMost: 0.5 },
    },
  ];
}
