// Waiting for what processes and daemons are about to do, with a limit and a reason.
import { setTimeout as sleep } from 'node:timers/promises';
import { TskerError } from '../../util/errors.ts';

/** Milliseconds; a machine that is slower than this has something else to be looked at. */
const LIMIT = 30_000;
const INTERVAL = 10;

/** Looks until `probe` answers something; throws `unavailable` that names what was waited for. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limit: number = LIMIT,
): Promise<T> {
  const deadline = performance.now() + limit;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new TskerError('unavailable', `waited ${limit / 1000} s in vain: ${what}`);
    await sleep(INTERVAL);
  }
}

/** As `until`, for what may well not come: answers whether it did. */
export async function happens(probe: () => boolean | Promise<boolean>, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit;
  while (!(await probe())) {
    if (performance.now() > deadline) return false;
    await sleep(INTERVAL);
  }
  return true;
}
