// A volume of the engine's own, for a container with mapped ids: its files are found in the view of the data root, where they
// belong to the container's root. What a driver has mounted from elsewhere is not in that view, and is what it is.
import { statSync } from 'node:fs';
import type { UserMount } from '../container/mounts/types.ts';
import type { Remapped } from './remapped.ts';

export function mapVolume<T extends UserMount>(mount: T, { path }: Pick<Remapped, 'path'>): T {
  if (mount.kind !== 'volume') return mount;
  const mapped = path(mount.source);
  return isSame(mapped, mount.source) ? { ...mount, source: mapped } : mount;
}

/** An idmapped mount shows the same device and inode. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && a.dev === b?.dev && a.ino === b.ino;
}
