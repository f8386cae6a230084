// The bill of the split architecture: what a shim weighs and adds to a start, and start and pause of the same container in both
// architectures, the runtime being tsker's own command line.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from '../../../test/helpers/daemon.ts';
import { Api } from '../api.ts';
import type { Ground } from '../ground.ts';
import { type Figure, interleaveFigures, median } from '../measure.ts';
import { processTree, pssMegabytes } from '../processes.ts';
import { type Row, rowOf, seriesOf } from '../result.ts';
import { shim } from './shim.ts';

const CONTAINERS = 10;
/** MB of each shim. */
const MOST_EACH = 0.5;
const AGAINST = 'the monolith';
const SLEEPER = { Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: 'none' } };

export async function split(ground: Ground, rounds: number): Promise<Row[]> {
  const daemon = await startDaemon(ground.owner, { arch: 'split' });
  const docker = daemon.docker();
  const source = `${ground.registry.host}/busybox:latest`;
  await docker.ok(['pull', '-q', source]);
  await docker.ok(['tag', source, ground.image]);
  const api = new Api(daemon.socket);
  try {
    const weight = await weigh(api, daemon.pid, ground.image);
    return [weight, await shim(ground, rounds), ...(await latencies(ground, api, rounds))];
  } finally {
    api.close();
  }
}

async function weigh(api: Api, daemon: number, image: string): Promise<Row> {
  const ids = await Promise.all(Array.from({ length: CONTAINERS }, () => startSleeper(api, image)));
  await sleep(2000);
  const shims = processTree([daemon], []).filter((pid) => isShim(pid));
  if (shims.length !== CONTAINERS) throw new Error(`${shims.length} shims, not ${CONTAINERS}`);
  const tsker = median(shims.map((pid) => pssMegabytes([pid])));
  await Promise.all(ids.map((id) => remove(api, id)));
  const name = `a shim (PSS; there are ${CONTAINERS})`;
  return { name, unit: 'MB', tsker, reference: MOST_EACH, against: 'what is asked', atMost: 1 };
}

function isShim(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'tsker-shim\n';
  } catch {
    // It ended between the listing and the reading.
    return false;
  }
}

async function latencies({ tsker, image }: Ground, api: Api, rounds: number): Promise<Row[]> {
  const row = async (name: string, figure: (of: Api, name: string) => Figure): Promise<Row> => {
    const figures = [figure(api, 'split'), figure(tsker.api, 'monolith')];
    const all = await interleaveFigures(figures, { rounds, warmup: 2, unit: 'ms' });
    const pair = { own: seriesOf(all, 'split'), reference: seriesOf(all, 'monolith') };
    return rowOf(name, { ...pair, against: AGAINST });
  };
  return [
    await row('start, API, split', (of, name) => ({
      name,
      measure: () => timeVerb(of, 'start', () => create(of, image)),
    })),
    await row('pause, API, split', (of, name) => ({
      name,
      measure: () => timeVerb(of, 'pause', () => startSleeper(of, image)),
    })),
  ];
}

/** Of a container that `make` has made ready for it. */
async function timeVerb(api: Api, verb: 'start' | 'pause', make: () => Promise<string>): Promise<number> {
  const id = await make();
  const begun = performance.now();
  await api.call('POST', `/containers/${id}/${verb}`);
  const time = performance.now() - begun;
  await remove(api, id);
  return time;
}

async function create(api: Api, image: string): Promise<string> {
  const { Id } = (await api.call('POST', '/containers/create', { Image: image, ...SLEEPER })) as { Id: string };
  return Id;
}

async function startSleeper(api: Api, image: string): Promise<string> {
  const id = await create(api, image);
  await api.call('POST', `/containers/${id}/start`);
  return id;
}

function remove(api: Api, id: string): Promise<unknown> {
  return api.call('DELETE', `/containers/${id}?force=1`);
}
