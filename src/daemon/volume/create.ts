// docker volume create: a volume of that name, whether it is new or not.
import type { Volume, VolumeCreateRequest } from '../../types/volume.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { toVolume } from './shown.ts';

export async function createVolume(
  volumes: Pick<Volumes, 'create'>,
  { Name: name = '', Driver: driver = '', DriverOpts: options, Labels: labels }: VolumeCreateRequest,
): Promise<Volume> {
  return toVolume(await volumes.create({ name, driver, options: options ?? null, labels: labels ?? null }));
}
