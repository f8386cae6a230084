// Memory of the engines: PSS of the daemon with everything below it, idle and with sleeping containers (counted too), and
// what each container more costs the daemon itself.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, Ground } from '../ground.ts';
import { processTree, pssMegabytes } from '../processes.ts';
import type { Row } from '../result.ts';

const FIRST = 50;
const ALL = 100;
/** MB of the daemon for each container. */
const MOST_EACH = 0.1;
/** Milliseconds: what was needed to start them V8 and Go give back only when it has been quiet for a while. */
const QUIET = 15_000;

function pss(engine: Engine): number {
  return pssMegabytes(processTree([engine.rootPid], engine.marks));
}

async function startSleepers({ api }: Engine, image: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const body = { Image: image, Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: 'none' } };
    const { Id } = (await api.call('POST', '/containers/create', body)) as { Id: string };
    await api.call('POST', `/containers/${Id}/start`);
    ids.push(Id);
  }
  return ids;
}

interface Figures {
  readonly idle: number;
  readonly first: number;
  readonly all: number;
  /** Of the daemon's process alone, from the first containers to all. */
  readonly each: number;
}

async function measure(engine: Engine, image: string): Promise<Figures> {
  await sleep(QUIET);
  const idle = pss(engine);
  const ids = await startSleepers(engine, image, FIRST);
  await sleep(QUIET);
  const first = pss(engine);
  const daemon = pssMegabytes([engine.rootPid]);
  ids.push(...(await startSleepers(engine, image, ALL - FIRST)));
  await sleep(QUIET);
  const figures = { idle, first, all: pss(engine), each: (pssMegabytes([engine.rootPid]) - daemon) / (ALL - FIRST) };
  await Promise.all(ids.map((id) => engine.api.call('DELETE', `/containers/${id}?force=1`)));
  return figures;
}

export async function memory(ground: Ground): Promise<Row[]> {
  const tsker = await measure(ground.tsker, ground.image);
  const docker = await measure(ground.reference, ground.image);
  const against = 'dockerd, containerd, shims';
  const row = (name: string, key: 'idle' | 'first' | 'all', atMost?: number): Row => ({
    ...{ name, unit: 'MB', tsker: tsker[key], reference: docker[key], against },
    ...(atMost === undefined ? {} : { atMost }),
  });
  return [
    row('memory idle (PSS)', 'idle'),
    row(`memory with ${FIRST} containers (PSS)`, 'first', 0.5),
    row(`memory with ${ALL} containers (PSS)`, 'all', 0.3),
    {
      name: 'the daemon, for each container more',
      ...{ unit: 'MB', tsker: tsker.each, reference: MOST_EACH, against: 'what is asked', atMost: 1 },
    },
  ];
}
