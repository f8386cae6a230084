// docker system df: joins what the images, the containers, the volumes and the build cache take.
import type { ContainerQueries } from '../api/container/backend.ts';
import type { DiskUsageBackend } from '../api/system/df.ts';
import type { ImagesUsage } from '../image/usage.ts';
import type { BuildCacheUsage } from '../types/disk-usage.ts';
import { diskParts, type IsContainer } from './disk-parts.ts';
import { type VolumeUsageDependencies, volumesUsage } from './volume/usage.ts';

export interface DiskUsageDependencies extends VolumeUsageDependencies {
  readonly images: { usage(): ImagesUsage };
  readonly containers: Pick<ContainerQueries, 'list'>;
  /** The data root. */
  readonly root: string;
  readonly isContainer: IsContainer;
  readonly builds: { cacheUsage(): Promise<readonly BuildCacheUsage[]> };
}

export function diskUsageBackend(dependencies: DiskUsageDependencies): DiskUsageBackend {
  const { images, containers, native, volumes, root, isContainer, builds } = dependencies;
  return {
    diskParts: () => diskParts(native, root, isContainer),
    async diskUsage(types) {
      const usage = types.has('image') ? images.usage() : undefined;
      const all = { all: true, size: true, limit: 0, filters: new Map() };
      return {
        ...(usage === undefined ? {} : { LayersSize: usage.layersSize }),
        Images: usage?.images ?? null,
        Containers: types.has('container') ? await containers.list(all) : null,
        Volumes: types.has('volume') ? await volumesUsage({ native, volumes }) : null,
        BuildCache: types.has('build-cache') ? await builds.cacheUsage() : null,
      };
    },
  };
}
