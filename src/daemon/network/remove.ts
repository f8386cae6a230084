// docker network rm: a network on which nobody is.
import type { NetworkService } from '../../network/network.ts';
import { TskerError } from '../../util/errors.ts';
import type { ContainerStore } from '../container/store.ts';
import type { EventSink } from '../events.ts';
import { emitNetworkEvent } from './event.ts';
import { containersOn } from './resource.ts';

export interface RemoveDependencies {
  readonly network: Pick<NetworkService, 'find' | 'remove' | 'isUsed'>;
  readonly containers: Pick<ContainerStore, 'list'>;
  readonly events: EventSink;
}

/** Throws `forbidden` for one of the daemon's own and one that is in use. */
export async function removeNetwork(
  { network, containers, events }: RemoveDependencies,
  reference: string,
): Promise<void> {
  const found = network.find(reference);
  if (network.isUsed(found) || Object.keys(containersOn(found.id, containers)).length > 0) {
    throw new TskerError(
      'forbidden',
      `error while removing network: network ${found.name} id ${found.id} has active endpoints`,
    );
  }
  await network.remove(found);
  emitNetworkEvent(events, found, 'destroy');
}
