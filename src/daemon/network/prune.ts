// docker network prune: removes all that were created, that no container is to be on, and that the filters let through.
import { type Filters, matchesLabels } from '../../api/filters.ts';
import { parseTime } from '../../api/time.ts';
import type { NetworkService } from '../../network/network.ts';
import type { NetworksPruneResponse } from '../../types/network.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { parseTimestamp } from '../clock.ts';
import { isUserDefined } from '../container/endpoint-configs.ts';
import { type RemoveDependencies, removeNetwork } from './remove.ts';
import { containersOn } from './resource.ts';

export interface PruneDependencies extends RemoveDependencies {
  readonly network: RemoveDependencies['network'] & Pick<NetworkService, 'list'>;
  readonly log: Logger;
}

/** One that cannot be removed is left, and said in the log. */
export async function pruneNetworks(dependencies: PruneDependencies, filters: Filters): Promise<NetworksPruneResponse> {
  const { network, containers, events, log } = dependencies;
  const until = untilOf(filters.get('until') ?? []);
  const [wanted, unwanted] = [filters.get('label') ?? [], filters.get('label!') ?? []];
  const deleted: string[] = [];
  for (const one of network.list()) {
    const { labels } = one.definition;
    if (!isUserDefined(one) || Object.keys(containersOn(one.id, containers)).length > 0) continue;
    if (until !== undefined && parseTimestamp(one.created) > until) continue;
    if (!matchesLabels(wanted, labels) || (unwanted.length > 0 && matchesLabels(unwanted, labels))) continue;
    try {
      await removeNetwork(dependencies, one.id);
      deleted.push(one.name);
    } catch (error) {
      log.warn('a network could not be pruned', { network: one.name, error: messageOf(error) });
    }
  }
  events.emit({ type: 'network', action: 'prune', id: '', attributes: { reclaimed: '0' } });
  return { NetworksDeleted: deleted.length === 0 ? null : deleted };
}

function untilOf(values: readonly string[]): bigint | undefined {
  if (values.length > 1) throw new TskerError('invalid', 'more than one until filter specified');
  return parseTime(values[0]);
}
