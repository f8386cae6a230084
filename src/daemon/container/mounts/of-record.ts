// The mounts of a container that has been made. Pure.
import { parseUserMounts } from '../binds.ts';
import type { ContainerRecord } from '../record.ts';
import type { UserMount, VolumeMount } from './types.ts';
import { isVolume } from './types.ts';

/** A container of an engine that had no volumes yet has what its HostConfig says. */
export function mountsOf({ mounts, hostConfig }: Pick<ContainerRecord, 'mounts' | 'hostConfig'>): readonly UserMount[] {
  return mounts ?? parseUserMounts(hostConfig);
}

export function volumesOf(record: Pick<ContainerRecord, 'mounts' | 'hostConfig'>): VolumeMount[] {
  return mountsOf(record).filter(isVolume);
}
