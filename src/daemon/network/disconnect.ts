// docker network disconnect: a container leaves a network, now when it runs, else for its next start.
import type { NetworkRecord } from '../../network/records.ts';
import type { NetworkDisconnectRequest } from '../../types/network.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from '../container/container.ts';
import { configuredNetworks } from '../container/endpoint-configs.ts';
import { emitNetworkEvents } from '../container/network-event.ts';
import { refreshFiles } from '../container/refresh-files.ts';
import { isAlive } from '../container/state.ts';
import { type ConnectDependencies, requireOwnNetwork } from './connect.ts';

/** With force a container that is gone is no error of its own: nothing of it is left on the network. */
export async function disconnectNetwork(
  dependencies: ConnectDependencies,
  reference: string,
  { Container: container, Force: force }: NetworkDisconnectRequest,
): Promise<void> {
  const { network, containers } = dependencies;
  let found: Container;
  try {
    found = containers.resolve(container);
  } catch (error) {
    if (!force) throw error;
    network.find(reference);
    throw new TskerError('not_found', `endpoint ${container} not found`, { cause: error });
  }
  const wanted = network.find(reference);
  await found.exclusive.run(async () => {
    requireOwnNetwork(found);
    const networks = configuredNetworks(found.record);
    const alive = isAlive(found.record.state.status);
    if (networks[wanted.name] === undefined) {
      throw new TskerError(
        'forbidden',
        `container ${found.id} is not connected to ${alive ? '' : 'the '}network ${wanted.name}`,
      );
    }
    if (alive) await leaveNow(dependencies, found, wanted);
    const { [wanted.name]: _left, ...others } = networks;
    containers.update(found, { networks: others });
  });
}

async function leaveNow(dependencies: ConnectDependencies, container: Container, wanted: NetworkRecord): Promise<void> {
  const { network, containers, runtime, events } = dependencies;
  const { id, record } = container;
  const gone = record.endpoints.filter(({ networkId }) => networkId === wanted.id);
  const change = network.disconnect({ containerId: id, networkId: wanted.id, endpoints: record.endpoints });
  await runtime.setUpNetwork(id, change);
  containers.update(container, { endpoints: change.endpoints });
  network.leave(id, wanted.id);
  network.redirect(id, change.endpoints);
  refreshFiles(dependencies, container);
  emitNetworkEvents(events, container, 'disconnect', gone);
}
