// What volumes take on the disk: of the local ones that are directories of the engine's own. What lies in a file system that
// was mounted from elsewhere is not counted, and not pruned, as in Docker.
import type { DriverNative } from '../../graphdriver/parts.ts';
import { scanTree } from '../../graphdriver/scan.ts';
import { sumOfFiles } from '../../graphdriver/tree.ts';
import type { Volume } from '../../types/volume.ts';
import { LOCAL_DRIVER, type VolumeView } from '../../volume/volume.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { toVolume } from './shown.ts';

export interface VolumeUsageDependencies {
  readonly native: DriverNative;
  readonly volumes: Pick<Volumes, 'list' | 'holders'>;
}

export function isCounted({ driver, options }: VolumeView): boolean {
  return driver === LOCAL_DRIVER && Object.keys(options ?? {}).length === 0;
}

export async function volumesUsage({ native, volumes }: VolumeUsageDependencies): Promise<Volume[]> {
  const { volumes: all } = await volumes.list();
  const used: Volume[] = [];
  for (const volume of all.filter(isCounted)) {
    const Size = await sizeOf(native, volume);
    used.push({ ...toVolume(volume), UsageData: { RefCount: volumes.holders(volume.name).length, Size } });
  }
  return used;
}

/** Bytes; 0 when it was removed meanwhile. */
export async function sizeOf(native: DriverNative, { mountpoint }: VolumeView): Promise<number> {
  try {
    return sumOfFiles(await scanTree(native, mountpoint));
  } catch {
    return 0;
  }
}
