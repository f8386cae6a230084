// The four rows of `system df`, by Docker's arithmetic: what is active, what it takes, what of it could be given back. Pure.
import type { DiskUsage } from '../../types/disk-usage.ts';
import { humanSize } from './human.ts';

export const USAGE_HEADERS = {
  Type: 'TYPE',
  TotalCount: 'TOTAL',
  Active: 'ACTIVE',
  Size: 'SIZE',
  Reclaimable: 'RECLAIMABLE',
};

export interface UsageRow extends Readonly<Record<string, unknown>> {
  readonly Type: string;
}

interface Amount {
  readonly type: string;
  readonly total: number;
  readonly active: number;
  /** Bytes. */
  readonly size: number;
  readonly reclaimable: number;
}

export function usageRows(usage: DiskUsage): UsageRow[] {
  return [imagesOf(usage), containersOf(usage), volumesOf(usage), buildCacheOf(usage)].map(toRow);
}

function toRow({ type, total, active, size, reclaimable }: Amount): UsageRow {
  const percent = size > 0 ? ` (${Math.floor((reclaimable * 100) / size)}%)` : '';
  return {
    Active: String(active),
    Reclaimable: `${humanSize(reclaimable)}${type === 'Build Cache' ? '' : percent}`,
    Size: humanSize(size),
    TotalCount: String(total),
    Type: type,
  };
}

function imagesOf({ Images, LayersSize = 0 }: DiskUsage): Amount {
  const images = Images ?? [];
  const used = images.filter(({ Containers }) => Containers > 0);
  const own = sum(used.map(({ Size, SharedSize }) => Size - Math.max(0, SharedSize)));
  return {
    type: 'Images',
    total: images.length,
    active: used.length,
    size: LayersSize,
    reclaimable: LayersSize - own,
  };
}

function containersOf({ Containers }: DiskUsage): Amount {
  const containers = Containers ?? [];
  const active = containers.filter(({ State }) => ['running', 'paused', 'restarting'].includes(State));
  const size = sum(containers.map(({ SizeRw = 0 }) => SizeRw));
  const inUse = sum(active.map(({ SizeRw = 0 }) => SizeRw));
  return { type: 'Containers', total: containers.length, active: active.length, size, reclaimable: size - inUse };
}

function volumesOf({ Volumes }: DiskUsage): Amount {
  const volumes = (Volumes ?? []).map(({ UsageData }) => UsageData ?? { RefCount: 0, Size: 0 });
  const active = volumes.filter(({ RefCount }) => RefCount > 0);
  const size = sum(volumes.map(({ Size }) => Math.max(0, Size)));
  const inUse = sum(active.map(({ Size }) => Math.max(0, Size)));
  return { type: 'Local Volumes', total: volumes.length, active: active.length, size, reclaimable: size - inUse };
}

function buildCacheOf({ BuildCache }: DiskUsage): Amount {
  const cache = BuildCache ?? [];
  const active = cache.filter(({ InUse }) => InUse);
  const size = sum(cache.filter(({ Shared }) => !Shared).map(({ Size }) => Size));
  const inUse = sum(active.filter(({ Shared }) => !Shared).map(({ Size }) => Size));
  return { type: 'Build Cache', total: cache.length, active: active.length, size, reclaimable: size - inUse };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
