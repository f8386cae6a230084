// One volume as the fields that a list and its templates can name. Pure.
import type { Volume } from '../../types/volume.ts';
import { humanSize } from './human.ts';

export const VOLUME_HEADERS = {
  Availability: 'AVAILABILITY',
  Driver: 'DRIVER',
  Group: 'GROUP',
  Labels: 'LABELS',
  Links: 'LINKS',
  Mountpoint: 'MOUNTPOINT',
  Name: 'VOLUME NAME',
  Scope: 'SCOPE',
  Size: 'SIZE',
  Status: 'STATUS',
};

export interface VolumeRow extends Readonly<Record<string, unknown>> {
  readonly Name: string;
}

/** Availability, group and status are of cluster volumes, which tsker has none of. */
export function volumeRow({ Driver, Labels, Mountpoint, Name, Scope, UsageData }: Volume): VolumeRow {
  const labels = Labels ?? {};
  return {
    Availability: 'N/A',
    Driver,
    Group: 'N/A',
    Label: (name: string) => labels[name] ?? '',
    Labels: Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .toSorted()
      .join(','),
    Links: UsageData ? String(UsageData.RefCount) : 'N/A',
    Mountpoint,
    Name,
    Scope,
    Size: UsageData ? humanSize(UsageData.Size) : 'N/A',
    Status: 'N/A',
  };
}
