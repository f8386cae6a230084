// Which steps of the build cache go: all, those not used since a time, or as many as it takes to get below a size. Pure.
import type { PruneRequest } from '../build.types.ts';
import type { CacheRow } from './sqlite.ts';

/** `rows` as used, the oldest first. */
export function prunedRows(rows: readonly CacheRow[], { until, keepStorage }: PruneRequest): readonly CacheRow[] {
  const old = rows.filter(({ usedAt }) => until === undefined || usedAt < until * 1000);
  if (keepStorage <= 0) return old;
  let total = rows.reduce((sum, { size }) => sum + size, 0);
  const pruned: CacheRow[] = [];
  for (const row of old) {
    if (total <= keepStorage) break;
    total -= row.size;
    pruned.push(row);
  }
  return pruned;
}
