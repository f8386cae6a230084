// docker volume ls: the volumes that the filters let through, by name.
import { booleanFilter, type Filters, matchesLabels } from '../../api/filters.ts';
import type { VolumeListResponse } from '../../types/volume.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { VolumeView } from '../../volume/volume.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { toVolume } from './shown.ts';

export async function listVolumes(
  volumes: Pick<Volumes, 'list' | 'holders'>,
  filters: Filters,
): Promise<VolumeListResponse> {
  const isWanted = listTest(volumes, filters);
  const { volumes: all, warnings } = await volumes.list();
  return {
    Volumes: all.filter(isWanted).map(toVolume),
    Warnings: warnings.length === 0 ? null : warnings,
  };
}

/** Throws `invalid` for a value that cannot be meant. */
function listTest({ holders }: Pick<Volumes, 'holders'>, filters: Filters): (volume: VolumeView) => boolean {
  const dangling = danglingOf(filters);
  const names = (filters.get('name') ?? []).map(compile);
  const drivers = filters.get('driver');
  const labels = filters.get('label') ?? [];
  return (volume) => {
    if (dangling !== undefined && (holders(volume.name).length === 0) !== dangling) return false;
    if (names.length > 0 && !names.some((pattern) => pattern.test(volume.name))) return false;
    if (drivers !== undefined && !drivers.includes(volume.driver)) return false;
    return matchesLabels(labels, volume.labels ?? {});
  };
}

function danglingOf(filters: Filters): boolean | undefined {
  try {
    return booleanFilter(filters, 'dangling');
  } catch (cause) {
    const values = (filters.get('dangling') ?? []).join(' ');
    throw new TskerError('invalid', `Invalid filter 'dangling=[${values}]'`, { cause });
  }
}

/** A regular expression, as in Docker. */
function compile(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch (cause) {
    throw new TskerError('invalid', `invalid filter 'name=${value}': ${messageOf(cause)}`, { cause });
  }
}
