// docker network inspect: one network with the containers on it.
import type { NetworkService } from '../../network/network.ts';
import type { NetworkResource } from '../../types/network.ts';
import { TskerError } from '../../util/errors.ts';
import type { ContainerStore } from '../container/store.ts';
import { containersOn, toDistantContainer, toResource } from './resource.ts';

export interface InspectDependencies {
  readonly network: Pick<NetworkService, 'find' | 'endpointsElsewhere'>;
  readonly containers: Pick<ContainerStore, 'list'>;
}

export function inspectNetwork(
  { network, containers }: InspectDependencies,
  reference: string,
  { scope }: { readonly scope: string | undefined },
): NetworkResource {
  const found = network.find(reference);
  if (scope !== undefined && scope !== '' && found.definition.scope !== scope) {
    throw new TskerError('not_found', `network ${reference} not found`);
  }
  const elsewhere = network.endpointsElsewhere(found).map(toDistantContainer);
  return toResource(found, { ...Object.fromEntries(elsewhere), ...containersOn(found.id, containers) });
}
