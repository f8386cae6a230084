// What the volume routes need of the engine; daemon/volume plays it. Types only.
import type { Volume, VolumeCreateRequest, VolumeListResponse, VolumesPruneResponse } from '../../types/volume.ts';
import type { Filters } from '../filters.ts';

export interface VolumeBackend {
  listVolumes(filters: Filters): Promise<VolumeListResponse>;
  /** One of that name that exists is as good as a new one. */
  createVolume(request: VolumeCreateRequest): Promise<Volume>;
  /** Throws not_found with Docker's `get x: no such volume`. */
  inspectVolume(name: string): Promise<Volume>;
  removeVolume(name: string, options: { readonly force: boolean }): Promise<void>;
  pruneVolumes(filters: Filters): Promise<VolumesPruneResponse>;
}
