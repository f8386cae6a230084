// Many containers started at once: fifty through the docker CLI, a process each, and a hundred on one network of the user's own
// through the API. What is timed is what one waits for the last of them.
import type { Engine, Ground } from '../ground.ts';
import { type Contender, fewer, interleave } from '../measure.ts';
import { compared, type Row } from '../result.ts';

const CONTAINERS = 50;
const NEIGHBOURS = 100;
const NETWORK = 'crowd';

export async function crowd(ground: Ground, rounds: number): Promise<Row[]> {
  return contest(
    ground.engines.map((engine) => throughCommandLine(engine, ground.image)),
    rounds,
    { name: `start of ${CONTAINERS} at once, docker's CLI`, command: 'start', atMost: 0.15 },
  );
}

export async function neighbours({ engines, image }: Ground, rounds: number): Promise<Row[]> {
  for (const [index, { docker }] of engines.entries()) {
    await docker.ok(['network', 'create', '--subnet', `10.199.${index}.0/24`, NETWORK]);
  }
  // The networks go with their engines: dockerd still counts endpoints of containers that it has said are removed.
  return contest(
    engines.map((engine) => throughApi(engine, image)),
    rounds,
    { name: `start of ${NEIGHBOURS} on one network, API`, command: 'start', atMost: 0.25 },
  );
}

interface Contest {
  readonly name: string;
  readonly command: string;
  readonly atMost: number;
}

interface Crowd extends Contender {
  /** Ends and removes those of the last round. */
  prepare(): Promise<void>;
  end(): Promise<void>;
}

async function contest(crowds: readonly Crowd[], rounds: number, { name, ...asked }: Contest): Promise<Row[]> {
  const all = await interleave(crowds, fewer(rounds), 1);
  for (const { end } of crowds) await end();
  return compared(name, all, asked);
}

/** They are created before and removed after; what is timed is `docker start` of all, each a process of its own. */
function throughCommandLine({ name, docker }: Engine, image: string): Crowd {
  return crowdOf({
    name,
    docker,
    count: CONTAINERS,
    create: () => docker.ok(['create', image, 'sleep', '3600']),
    start: async (id) => void (await docker.ok(['start', id])),
  });
}

function throughApi({ name, docker, api }: Engine, image: string): Crowd {
  const body = { Image: image, Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: NETWORK } };
  return crowdOf({
    name,
    docker,
    count: NEIGHBOURS,
    create: async () => ((await api.call('POST', '/containers/create', body)) as { Id: string }).Id,
    start: async (id) => void (await api.call('POST', `/containers/${id}/start`)),
  });
}

interface CrowdOptions {
  readonly name: string;
  readonly docker: Engine['docker'];
  readonly count: number;
  create(): Promise<string>;
  start(id: string): Promise<void>;
}

function crowdOf({ name, docker, count, create, start }: CrowdOptions): Crowd {
  let ids: readonly string[] = [];
  const end = async (): Promise<void> => {
    if (ids.length > 0) await docker.ok(['rm', '-f', ...ids]);
    ids = [];
  };
  return {
    name,
    end,
    async prepare() {
      await end();
      const created: string[] = [];
      for (let index = 0; index < count; index += 1) created.push(await create());
      ids = created;
    },
    run: async () => void (await Promise.all(ids.map(start))),
  };
}
