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
  /** BuildKit's words: `regular`, `source.local`, `exec.cachemount`. */
  readonly Type: string;
  readonly Description: string;
  readonly InUse: boolean;
  /** It is also an image's, which counts it. */
  readonly Shared: boolean;
  readonly Size: number;
  /** RFC 3339. */
  readonly CreatedAt: string;
  readonly LastUsedAt: string | null;
  readonly UsageCount: number;
}
