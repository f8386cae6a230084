// The answer of GET /system/df, in the API's own spelling (Docker API 1.51). Types only.
import type { ContainerSummary } from './container.ts';
import type { ImageSummary } from './image.ts';
import type { Volume } from './volume.ts';

/** What was not asked for is missing, or null. */
export interface DiskUsage {
  /** Bytes of all layers of images, each counted once. */
  readonly LayersSize?: number;
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerSummary[] | null;
  readonly Volumes: readonly Volume[] | null;
  readonly BuildCache: readonly BuildCacheUsage[] | null;
}

export interface BuildCacheUsage {
  readonly ID: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
}
