// Servers behind published ports: nginx, PostgreSQL and Redis in containers of both engines at once, measured by wrk, pgbench and
// redis-benchmark from outside, whom rules of the kernel lead (DNAT), and from localhost, whom the engine's proxy serves.
import type { Owner } from '../../../test/helpers/owner.ts';
import type { Ground } from '../ground.ts';
import { type Figure, fewer, interleaveFigures } from '../measure.ts';
import type { Row } from '../result.ts';
import { pgbench, redisBenchmark, wrk } from '../servers.ts';
import { makeSite, type Place } from '../site.ts';

const TESTS: readonly { readonly name: string; measure(place: Place): Promise<number> }[] = [
  { name: 'nginx, wrk', measure: (place) => wrk(place, '/') },
  { name: 'nginx, wrk, 1 MB', measure: (place) => wrk(place, '/large') },
  { name: 'PostgreSQL, pgbench -S', measure: pgbench },
  { name: 'Redis, redis-benchmark', measure: redisBenchmark },
];

const PLACES = [
  { from: 'outside', by: 'DNAT', atLeast: 0.98 },
  { from: 'localhost', by: 'proxy', atLeast: 1 },
] as const;

/** A server measured from a place, in both engines. */
export interface Contest {
  readonly name: string;
  readonly atLeast: number;
  /** tsker's, then the reference's. */
  readonly figures: readonly Figure[];
}

export async function services({ owner }: Ground, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, atLeast, figures } of await prepareServices(owner)) {
    const unit = `/s, ${name}`;
    const [own, other] = await interleaveFigures(figures, { rounds: fewer(rounds), warmup: 1, unit });
    if (own === undefined || other === undefined) throw new Error('both engines must have been measured');
    rows.push({
      ...{ name, unit: '/s', tsker: own.median, reference: other.median, against: 'dockerd', atLeast },
      samples: { tsker: own.samples, reference: other.samples },
    });
  }
  return rows;
}

/** Starts the servers of both engines; what is to be measured of them. */
export async function prepareServices(owner: Owner): Promise<Contest[]> {
  const sites = [await makeSite(owner, 'tsker'), await makeSite(owner, 'docker')];
  return PLACES.flatMap(({ from, by, atLeast }) =>
    TESTS.map(({ name, measure }) => ({
      name: `${name} (${by})`,
      atLeast,
      figures: sites.map((site) => ({ name: site.name, measure: () => measure(site[from]) })),
    })),
  );
}
