// docker container prune: removes all that do not run and that the filters let through.
import { type Filters, matchesLabels } from '../../api/filters.ts';
import { parseTime } from '../../api/time.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { ContainersPruneResponse } from '../../types/container.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import { parseTimestamp } from '../clock.ts';
import type { Container } from './container.ts';
import { type RemoveDependencies, removeContainer } from './remove.ts';
import { isAlive } from './state.ts';

export interface PruneDependencies extends RemoveDependencies {
  readonly layers: Pick<LayerStore, 'removeContainerLayer' | 'containerSize'>;
}

/** Throws `invalid` for an `until` that is no time. One that cannot be removed is left, and said in the log. */
export async function pruneContainers(
  dependencies: PruneDependencies,
  filters: Filters,
): Promise<ContainersPruneResponse> {
  const { containers, events } = dependencies;
  const isWanted = pruneTest(filters);
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const container of containers.list().filter(isWanted)) {
    const size = await pruneOne(dependencies, container);
    if (size === undefined) continue;
    deleted.push(container.id);
    reclaimed += size;
  }
  events.emit({ type: 'container', action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } });
  return { ContainersDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimed };
}

/** Bytes that it took, undefined when it is still there. */
async function pruneOne(dependencies: PruneDependencies, container: Container): Promise<number | undefined> {
  const { layers, log } = dependencies;
  try {
    const { sizeRw } = await layers.containerSize(container.id);
    await removeContainer(dependencies, container, { force: false, volumes: false });
    return sizeRw;
  } catch (error) {
    log.warn('a container could not be pruned', { container: container.id, error: messageOf(error) });
    return undefined;
  }
}

function pruneTest(filters: Filters): (container: Container) => boolean {
  const until = untilOf(filters.get('until') ?? []);
  const [wanted, unwanted] = [filters.get('label') ?? [], filters.get('label!') ?? []];
  return ({ record }) => {
    const { status } = record.state;
    const { Labels: labels } = record.config;
    if (isAlive(status) || status === 'restarting' || status === 'removing') return false;
    if (until !== undefined && parseTimestamp(record.created) > until) return false;
    return matchesLabels(wanted, labels) && !(unwanted.length > 0 && matchesLabels(unwanted, labels));
  };
}

function untilOf(values: readonly string[]): bigint | undefined {
  if (values.length > 1) throw new TskerError('invalid', 'more than one until filter specified');
  return parseTime(values[0]);
}
