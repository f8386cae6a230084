// What builds leave for the next ones, as `system df` shows it and `builder prune` takes it: layers of steps, directories of
// cache mounts, contexts of clients on this machine.
import { type PruneRequest, prunedEntries } from '../../builder/cache/prune.ts';
import type { CacheRow, SqliteBuildCache } from '../../builder/cache/sqlite.ts';
import type { ContextStore } from '../../builder/context/store/store.ts';
import type { DriverNative } from '../../graphdriver/parts.ts';
import { scanTree } from '../../graphdriver/scan.ts';
import { sumOfFiles } from '../../graphdriver/tree.ts';
import type { LayerHolds } from '../../image/layer-holds.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { BuildCacheUsage } from '../../types/disk-usage.ts';
import type { KeptCacheMounts } from './cache-mounts.ts';

export interface CacheDependencies {
  readonly cache: SqliteBuildCache;
  readonly mounts: KeptCacheMounts;
  readonly contexts: Pick<ContextStore, 'list' | 'remove'>;
  readonly holds: LayerHolds;
  readonly layers: Pick<LayerStore, 'get'>;
  readonly native: DriverNative;
}

export interface Pruned {
  /** Ids, as `system df` has them. */
  readonly deleted: readonly string[];
  /** Bytes. */
  readonly reclaimed: number;
}

/** Of a key, what people are shown. */
const ID_LENGTH = 25;

interface Entry {
  readonly id: string;
  readonly type: 'regular' | 'exec.cachemount' | 'source.local';
  readonly description: string;
  readonly inUse: boolean;
  readonly shared: boolean;
  readonly size: number;
  readonly createdAt: number;
  readonly usedAt: number;
  readonly uses: number;
}

type StepEntry = Entry & { readonly row: CacheRow };
type OtherEntry = Entry & { readonly remove: () => Promise<boolean> };

export class BuildLeavings {
  readonly #dependencies: CacheDependencies;

  constructor(dependencies: CacheDependencies) {
    this.#dependencies = dependencies;
  }

  async usage(): Promise<readonly BuildCacheUsage[]> {
    const entries: readonly Entry[] = [...this.#steps(), ...(await this.#others({ contexts: true }))];
    return entries.map(toUsage);
  }

  /** Contexts go with `all` alone: without them the next build sends everything. */
  async prune(request: PruneRequest): Promise<Pruned> {
    const others = await this.#others({ contexts: request.all });
    const entries: readonly (StepEntry | OtherEntry)[] = [...this.#steps(), ...others];
    const gone = prunedEntries(
      entries.toSorted((a, b) => a.usedAt - b.usedAt),
      request,
    );
    const steps = gone.flatMap((entry) => ('row' in entry ? [entry] : []));
    let reclaimed = await this.#forget(steps.map(({ row }) => row));
    const deleted = steps.map(({ id }) => id);
    for (const entry of gone) {
      if ('row' in entry || !(await entry.remove())) continue;
      deleted.push(entry.id);
      reclaimed += entry.size;
    }
    return { deleted, reclaimed };
  }

  /** Steps that were used longest ago, until their layers are small enough. */
  async shrink(keepStorage: number): Promise<void> {
    const { cache } = this.#dependencies;
    if (cache.total() <= keepStorage) return;
    const request = { all: true, keepStorage, until: undefined, filters: new Map() };
    await this.#forget(prunedEntries(this.#steps(), request).map(({ row }) => row));
  }

  #steps(): readonly StepEntry[] {
    const { cache, holds } = this.#dependencies;
    return cache.list().map((row) => ({
      ...{ row, id: row.key.slice(0, ID_LENGTH), type: 'regular', description: row.createdBy },
      inUse: row.chainId !== undefined && holds.isHeld(row.chainId),
      ...{ shared: row.shared, size: row.size, createdAt: row.createdAt, usedAt: row.usedAt, uses: row.uses },
    }));
  }

  async #others({ contexts: wanted }: { readonly contexts: boolean }): Promise<readonly OtherEntry[]> {
    const { native, mounts, contexts } = this.#dependencies;
    const kept = wanted ? await contexts.list() : [];
    const found = [
      ...mounts.list().map(({ name, id, ...rest }) => ({
        ...({ ...rest, name, type: 'exec.cachemount', description: `cached mount ${id}`.trimEnd() } as const),
        remove: () => mounts.remove(name),
      })),
      ...kept.map(({ name, key, ...rest }) => ({
        ...({ ...rest, name, type: 'source.local', description: `local context ${key.split('\n')[0] ?? ''}` } as const),
        remove: () => contexts.remove(name),
      })),
    ];
    return await Promise.all(
      found.map(async ({ name, directory, ...rest }) => {
        const size = sumOfFiles(await scanTree(native, directory));
        return { ...rest, id: name.slice(0, ID_LENGTH), shared: false, size, uses: 1 };
      }),
    );
  }

  /** Layers that were kept for the cache alone go with their steps; the bytes of those. */
  async #forget(rows: readonly CacheRow[]): Promise<number> {
    const { cache, holds, layers } = this.#dependencies;
    if (rows.length === 0) return 0;
    cache.delete(rows.map(({ key }) => key));
    const chains = new Map(
      rows.flatMap(({ chainId, size }) => (chainId === undefined ? [] : [[chainId, size] as const])),
    );
    const present = [...chains].filter(([chainId]) => layers.get(chainId) !== undefined);
    for (const [chainId] of present) await holds.release(chainId);
    // Only now: a layer goes with the last of those that stand on it.
    const gone = present.filter(([chainId]) => layers.get(chainId) === undefined);
    return gone.reduce((sum, [, size]) => sum + size, 0);
  }
}

function toUsage({ id, type, description, inUse, shared, size, createdAt, usedAt, uses }: Entry): BuildCacheUsage {
  return {
    ...{ ID: id, Type: type, Description: description, InUse: inUse, Shared: shared, Size: size },
    CreatedAt: new Date(createdAt).toISOString(),
    LastUsedAt: uses === 0 ? null : new Date(usedAt).toISOString(),
    UsageCount: uses,
  };
}
