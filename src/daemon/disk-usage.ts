// docker system df: joins what the images and what the containers take.
import type { ContainerQueries } from '../api/container/backend.ts';
import type { DiskUsageBackend } from '../api/system/df.ts';
import type { ImagesUsage } from '../image/usage.ts';

export interface DiskUsageDependencies {
  readonly images: { usage(): ImagesUsage };
  readonly containers: Pick<ContainerQueries, 'list'>;
}

export function diskUsageBackend({ images, containers }: DiskUsageDependencies): DiskUsageBackend {
  return {
    async diskUsage(types) {
      const usage = types.has('image') ? images.usage() : undefined;
      const all = { all: true, size: true, limit: 0, filters: new Map() };
      return {
        ...(usage === undefined ? {} : { LayersSize: usage.layersSize }),
        Images: usage?.images ?? null,
        Containers: types.has('container') ? await containers.list(all) : null,
        // There are no volumes and no build cache in this engine yet.
        Volumes: types.has('volume') ? [] : null,
        BuildCache: types.has('build-cache') ? [] : null,
      };
    },
  };
}
