// The embedded name server: answers a second to one client in a container that asks for its neighbour, each question after the
// answer to the last, and eight at a time.
import { join } from 'node:path';
import { ok } from '../../../test/helpers/run.ts';
import type { Engine, Ground } from '../ground.ts';
import { fewer, interleaveFigures } from '../measure.ts';
import type { Row } from '../result.ts';

const CLIENT = join(import.meta.dirname, '../dns_client.py');
const SECONDS = 2;
/** Answers a second that are asked for, whatever the reference does. */
const ASKED = 10_000;
const FLIGHTS = [1, 8];

export async function dns({ engines, image }: Ground, rounds: number): Promise<Row[]> {
  const pids: number[] = [];
  for (const { docker } of engines) {
    await docker.ok(['network', 'create', 'names']);
    await docker.ok(['run', '-d', '--network', 'names', '--name', 'neighbour', image, 'sleep', '3600']);
    pids.push(await startClient(docker, image));
  }
  const rows: Row[] = [];
  for (const flight of FLIGHTS) {
    const name = `DNS answers, ${flight} at a time`;
    const figures = engines.map((engine, index) => ({
      name: engine.name,
      measure: () => ask(pids[index] ?? 0, flight),
    }));
    const [own, other] = await interleaveFigures(figures, { rounds: fewer(rounds), warmup: 1, unit: `/s, ${name}` });
    if (own === undefined || other === undefined) throw new Error('both engines must have been asked');
    const row = { name, unit: '/s', tsker: own.median } as const;
    rows.push(
      { ...row, reference: ASKED, against: 'what is asked', atLeast: 1 },
      {
        ...row,
        reference: other.median,
        against: 'dockerd',
        samples: { tsker: own.samples, reference: other.samples },
      },
    );
  }
  for (const { docker } of engines) await docker.ok(['rm', '-f', 'neighbour', 'client']);
  return rows;
}

/** The container whose namespace the client is in; its pid. */
async function startClient(docker: Engine['docker'], image: string): Promise<number> {
  await docker.ok(['run', '-d', '--network', 'names', '--name', 'client', image, 'sleep', '3600']);
  return Number(await docker.ok(['inspect', '-f', '{{.State.Pid}}', 'client']));
}

async function ask(pid: number, flight: number): Promise<number> {
  const client = ['/usr/bin/python3', CLIENT, 'neighbour', String(flight), String(SECONDS)];
  return Number(await ok(['nsenter', '-t', String(pid), '-n', ...client]));
}
