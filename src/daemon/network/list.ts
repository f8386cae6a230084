// docker network ls: the networks that the filters let through (moby daemon/network/filter.go).
import { type Filters, matchesLabels } from '../../api/filters.ts';
import type { NetworkService } from '../../network/network.ts';
import type { NetworkRecord } from '../../network/records.ts';
import type { NetworkResource } from '../../types/network.ts';
import { TskerError } from '../../util/errors.ts';
import { isUserDefined } from '../container/endpoint-configs.ts';
import type { ContainerStore } from '../container/store.ts';
import { containersOn, toResource } from './resource.ts';

export interface ListDependencies {
  readonly network: Pick<NetworkService, 'list'>;
  readonly containers: Pick<ContainerStore, 'list'>;
}

/** Throws `invalid` for values that a filter cannot have. */
export function listNetworks({ network, containers }: ListDependencies, filters: Filters): NetworkResource[] {
  for (const value of filters.get('type') ?? []) {
    if (value !== 'builtin' && value !== 'custom') throw new TskerError('invalid', `invalid filter: 'type'='${value}'`);
  }
  const dangling = danglingOf(filters);
  const isIdle = (one: NetworkRecord): boolean =>
    isUserDefined(one) && Object.keys(containersOn(one.id, containers)).length === 0;
  return network
    .list()
    .filter((one) => dangling === undefined || isIdle(one) === dangling)
    .filter((one) => [...filters].every(([name, values]) => matches(one, name, values)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((one) => toResource(one, {}));
}

/** As Docker: who is on a network is told by inspect alone. */
function matches(network: NetworkRecord, name: string, values: readonly string[]): boolean {
  if (name === 'label') return matchesLabels(values, network.definition.labels);
  return values.some((value) => {
    if (name === 'driver') return network.driver === value;
    if (name === 'id') return network.id.startsWith(value);
    if (name === 'name') return network.name.includes(value);
    if (name === 'scope') return network.definition.scope === value;
    if (name === 'type') return (value === 'custom') === isUserDefined(network);
    return true;
  });
}

function danglingOf(filters: Filters): boolean | undefined {
  const values = filters.get('dangling');
  if (values === undefined) return undefined;
  const [value = ''] = values;
  if (values.length === 1 && ['true', '1'].includes(value)) return true;
  if (values.length === 1 && ['false', '0'].includes(value)) return false;
  throw new TskerError('invalid', `invalid filter 'dangling=[${values.join(' ')}]'`);
}
