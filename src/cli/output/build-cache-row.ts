// A row of the build cache in `system df -v`, in Docker's words and order. Pure.
import type { BuildCacheUsage } from '../../types/disk-usage.ts';
import { humanAgo, humanSize } from './human.ts';

export const BUILD_CACHE_HEADERS = {
  ID: 'CACHE ID',
  CacheType: 'CACHE TYPE',
  Size: 'SIZE',
  CreatedSince: 'CREATED',
  LastUsedSince: 'LAST USED',
  UsageCount: 'USAGE',
  Shared: 'SHARED',
};

const ID_LENGTH = 12;

/** What was used longest ago first; `now` in epoch milliseconds. */
export function buildCacheRows(cache: readonly BuildCacheUsage[], now: number): Readonly<Record<string, string>>[] {
  return [...cache].sort(byUse).map(({ ID, InUse, Type, Size, CreatedAt, LastUsedAt, UsageCount, Shared }) => ({
    ID: `${ID.slice(0, ID_LENGTH)}${InUse ? '*' : ''}`,
    CacheType: Type,
    Size: humanSize(Size),
    CreatedSince: humanAgo(Date.parse(CreatedAt) / 1000, now),
    LastUsedSince: LastUsedAt === null ? '' : humanAgo(Date.parse(LastUsedAt) / 1000, now),
    UsageCount: String(UsageCount),
    Shared: String(Shared),
  }));
}

function byUse(a: BuildCacheUsage, b: BuildCacheUsage): number {
  const [first, second] = [a, b].map(({ LastUsedAt }) => (LastUsedAt === null ? -1 : Date.parse(LastUsedAt)));
  return (first ?? 0) - (second ?? 0) || (a.ID < b.ID ? -1 : 1);
}
