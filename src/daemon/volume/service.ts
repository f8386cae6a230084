// The volume verbs behind the API. It decides nothing.
import type { VolumeBackend } from '../../api/volume/backend.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { createVolume } from './create.ts';
import { listVolumes } from './list.ts';
import { type PruneVolumesDependencies, pruneVolumes } from './prune.ts';
import { toVolume } from './shown.ts';

export type VolumeServiceDependencies = PruneVolumesDependencies & { readonly volumes: Volumes };

export function volumeService(dependencies: VolumeServiceDependencies): VolumeBackend {
  const { volumes } = dependencies;
  return {
    listVolumes: (filters) => listVolumes(volumes, filters),
    createVolume: (request) => createVolume(volumes, request),
    inspectVolume: async (name) => toVolume(await volumes.get(name)),
    removeVolume: (name, options) => volumes.remove(name, options),
    pruneVolumes: (filters) => pruneVolumes(dependencies, filters),
  };
}
