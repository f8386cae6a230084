// Which entries of the build cache go: all, those not used since a time, or as many as it takes to get below a size. Pure.
import { type CacheFacts, matchesFilters } from './filter.ts';

export interface PruneRequest {
  /** What is also an image's too: only the knowledge of it goes, and the image stays. */
  readonly all: boolean;
  /** Bytes of the cache that may stay. */
  readonly keepStorage: number;
  /** Epoch seconds: what was used since stays. */
  readonly until: number | undefined;
  readonly filters: ReadonlyMap<string, readonly string[]>;
}

export interface PrunableEntry extends CacheFacts {
  /** Bytes. */
  readonly size: number;
  /** Epoch milliseconds. */
  readonly usedAt: number;
}

/** `entries` as used, the oldest first. What is in use stays, as do those of the `keepStorage` bytes used last. */
export function prunedEntries<T extends PrunableEntry>(entries: readonly T[], request: PruneRequest): readonly T[] {
  const { all, until, keepStorage, filters } = request;
  const free = entries.filter((entry) => {
    if (entry.inUse || (entry.shared && !all)) return false;
    return (until === undefined || entry.usedAt < until * 1000) && matchesFilters(entry, filters);
  });
  if (keepStorage <= 0) return free;
  let total = entries.reduce((sum, { size }) => sum + size, 0);
  const pruned: T[] = [];
  for (const entry of free) {
    if (total <= keepStorage) break;
    total -= entry.size;
    pruned.push(entry);
  }
  return pruned;
}
