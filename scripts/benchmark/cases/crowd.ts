// Fifty containers started at once through the docker CLI: what one waits for the last of them.
import type { Engine, Ground } from '../ground.ts';
import { type Contender, interleave } from '../measure.ts';
import { compared, type Row } from '../result.ts';

const CONTAINERS = 50;

export async function crowd(ground: Ground, rounds: number): Promise<Row[]> {
  const contenders = ground.engines.map((engine) => crowdOf(engine, ground.image));
  const all = await interleave(contenders, Math.max(3, rounds >> 2), 1);
  for (const { prepare } of contenders) await prepare?.();
  return compared(`start of ${CONTAINERS} at once, docker's CLI`, all, { command: 'start', atMost: 0.15 });
}

/** They are created before and removed after; what is timed is `docker start` of all, each a process of its own. */
function crowdOf({ name, docker }: Engine, image: string): Contender {
  let ids: readonly string[] = [];
  return {
    name,
    async prepare() {
      if (ids.length > 0) await docker.ok(['rm', '-f', ...ids]);
      const created: string[] = [];
      for (let index = 0; index < CONTAINERS; index += 1) {
        created.push(await docker.ok(['create', image, 'sleep', '3600']));
      }
      ids = created;
    },
    run: async () => void (await Promise.all(ids.map((id) => docker.ok(['start', id])))),
  };
}
