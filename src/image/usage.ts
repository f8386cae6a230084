// What images take on the disk, as `system df` shows it: each with what it shares and who uses it, and all layers once.
import type { LayerStore } from '../layer/store.types.ts';
import type { ImageSummary } from '../types/image.ts';
import { chainIds } from './chain.ts';
import type { ContainerUse } from './container-uses.ts';
import { listImages } from './list.ts';
import type { SqliteImageStore } from './sqlite-store.ts';

export interface ImagesUsage {
  /** Bytes of all layers of all images, each counted once. */
  readonly layersSize: number;
  readonly images: readonly ImageSummary[];
}

export interface UsageOptions {
  readonly images: SqliteImageStore;
  readonly layers: Pick<LayerStore, 'get' | 'chainSize'>;
  readonly usesOf: (imageId: string) => readonly ContainerUse[];
}

export function imagesUsage({ images, layers, usesOf }: UsageOptions): ImagesUsage {
  const chains = images.list().flatMap((image) => chainIds(image.config.rootfs.diff_ids));
  const sizes = [...new Set(chains)].map((chainId) => layers.get(chainId)?.size ?? 0);
  const listed = listImages({ all: false, sharedSize: true, filters: new Map() }, images, layers);
  return {
    layersSize: sizes.reduce((sum, size) => sum + size, 0),
    images: listed.map((image) => ({ ...image, Containers: usesOf(image.Id).length })),
  };
}
