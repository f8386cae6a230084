// docker volume prune: removes what no container has: the anonymous volumes, with `all` the named ones too.
import { booleanFilter, type Filters, matchesLabels } from '../../api/filters.ts';
import type { DriverNative } from '../../graphdriver/parts.ts';
import type { VolumesPruneResponse } from '../../types/volume.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { ANONYMOUS_LABEL, type VolumeView } from '../../volume/volume.ts';
import type { Volumes } from '../../volume/volumes.ts';
import type { EventSink } from '../events.ts';
import { isCounted, sizeOf } from './usage.ts';

export interface PruneVolumesDependencies {
  readonly native: DriverNative;
  readonly volumes: Pick<Volumes, 'list' | 'holders' | 'remove'>;
  readonly events: EventSink;
  readonly log: Logger;
}

/** One that cannot be removed is left, and said in the log. */
export async function pruneVolumes(
  { native, volumes, events, log }: PruneVolumesDependencies,
  filters: Filters,
): Promise<VolumesPruneResponse> {
  const isWanted = pruneTest(filters);
  const { volumes: all } = await volumes.list();
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const volume of all.filter(isWanted)) {
    if (volumes.holders(volume.name).length > 0) continue;
    const size = await sizeOf(native, volume);
    try {
      await volumes.remove(volume.name, { force: false });
      deleted.push(volume.name);
      reclaimed += size;
    } catch (error) {
      log.warn('a volume could not be pruned', { volume: volume.name, error: messageOf(error) });
    }
  }
  events.emit({ type: 'volume', action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } });
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimed };
}

function pruneTest(filters: Filters): (volume: VolumeView) => boolean {
  const all = booleanFilter(filters, 'all') ?? false;
  const [wanted, unwanted] = [filters.get('label') ?? [], filters.get('label!') ?? []];
  return (volume) => {
    const labels = volume.labels ?? {};
    if (!isCounted(volume) || (!all && !Object.hasOwn(labels, ANONYMOUS_LABEL))) return false;
    return matchesLabels(wanted, labels) && !(unwanted.length > 0 && matchesLabels(unwanted, labels));
  };
}
