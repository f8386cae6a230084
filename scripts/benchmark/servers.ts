// What nginx's, PostgreSQL's and Redis' clients measure of a server behind a published port: requests, transactions and commands a
// second. The same ports of every host.
import { ok } from '../../test/helpers/run.ts';
import type { Place } from './site.ts';

export const PORTS = { web: 8080, db: 5432, cache: 6379 } as const;

const PGBENCH = '/usr/lib/postgresql/15/bin/pgbench';
/** Of one measurement. */
const SECONDS = 1;
/** Of one measurement of Redis: about as long. */
const COMMANDS = 20_000;

/** Requests a second of sixteen connections that are kept. */
export async function wrk({ enter, host }: Place, path: string): Promise<number> {
  const url = `http://${host}:${PORTS.web}${path}`;
  const out = await ok([...enter, 'wrk', '-t1', '-c16', `-d${SECONDS}s`, url]);
  if (/Non-2xx|Socket errors/.test(out)) throw new Error(out);
  return figureIn(out, /^Requests\/sec:\s+([\d.]+)/m);
}

/** Transactions a second of four clients that only read: what the disk does is no business of the network's. */
export async function pgbench({ enter, host }: Place): Promise<number> {
  const address = ['-h', host, '-p', String(PORTS.db), '-U', 'postgres'];
  const clients = ['-S', '-n', '-M', 'prepared', '-c', '4', '-j', '1', '-T', String(SECONDS)];
  return figureIn(await ok([...enter, PGBENCH, ...address, ...clients, 'postgres']), /^tps = ([\d.]+)/m);
}

/** Commands a second of sixteen clients that wait for each answer: as many SETs as GETs. */
export async function redisBenchmark({ enter, host }: Place): Promise<number> {
  const address = ['-h', host, '-p', String(PORTS.cache)];
  const args = ['-c', '16', '-n', String(COMMANDS), '-t', 'set,get', '--csv'];
  const out = await ok([...enter, 'redis-benchmark', ...address, ...args]);
  const [set, get] = [figureIn(out, /^"SET","([\d.]+)"/m), figureIn(out, /^"GET","([\d.]+)"/m)];
  return 2 / (1 / set + 1 / get);
}

function figureIn(text: string, pattern: RegExp): number {
  const figure = Number(pattern.exec(text)?.[1]);
  if (Number.isNaN(figure)) throw new Error(`no figure in: ${text}`);
  return figure;
}
