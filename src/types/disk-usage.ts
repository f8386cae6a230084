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

/** One element of GET /tsker/disk: what of the data root's bytes is for what. */
export interface DiskPart {
  readonly Name: string;
  /** Names, directories included. */
  readonly Files: number;
  /** Bytes on the disk. */
  readonly Size: number;
}

export interface BuildCacheUsage {
  readonly ID: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
}
