// docker network connect: a container joins one more network, now when it runs, else when it is started.
import type { Change, Endpoint, EndpointConfig, NetworkService } from '../../network/network.ts';
import type { NetworkRecord } from '../../network/records.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { NetworkConnectRequest } from '../../types/network.ts';
import { TskerError, withCleanupFailure } from '../../util/errors.ts';
import type { Container } from '../container/container.ts';
import { runEffects } from '../container/effects.ts';
import { checkMixture, configuredNetworks, toConfig } from '../container/endpoint-configs.ts';
import type { ContainerDirectories } from '../container/files.ts';
import { joinedReference } from '../container/joined.ts';
import { namesOf, withLinkNames } from '../container/launch.ts';
import { emitNetworkEvents } from '../container/network-event.ts';
import { refreshFiles } from '../container/refresh-files.ts';
import { isAlive } from '../container/state.ts';
import type { ContainerStore } from '../container/store.ts';
import type { EventSink } from '../events.ts';

export interface ConnectDependencies {
  readonly network: NetworkService;
  readonly containers: ContainerStore;
  readonly runtime: Pick<Runtime, 'setUpNetwork'>;
  readonly directories: ContainerDirectories;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly events: EventSink;
}

/** Throws `invalid` and `forbidden` in Docker's words for what does not go together, and what the network says. */
export async function connectNetwork(
  dependencies: ConnectDependencies,
  reference: string,
  { Container: container, EndpointConfig: settings }: NetworkConnectRequest,
): Promise<void> {
  const { network, containers } = dependencies;
  const found = containers.resolve(container);
  const wanted = network.find(reference);
  await found.exclusive.run(async () => {
    requireOwnNetwork(found);
    const connected = configuredNetworks(found.record);
    if (connected[wanted.name] !== undefined && isAlive(found.record.state.status)) {
      throw new TskerError(
        'forbidden',
        `endpoint with name ${found.record.name} already exists in network ${wanted.name}`,
      );
    }
    checkMixture(
      Object.keys(connected).filter((name) => name !== wanted.name),
      wanted.name,
    );
    const config = toConfig(wanted, settings);
    if (isAlive(found.record.state.status)) await joinNow(dependencies, found, { wanted, config });
    else containers.update(found, { networks: { ...connected, [wanted.name]: config } });
  });
}

export function requireOwnNetwork({ record }: Container): void {
  const { status } = record.state;
  if (status === 'removing' || status === 'dead') {
    throw new TskerError(
      'conflict',
      `container ${record.id} is marked for removal and cannot be connected or disconnected to the network`,
    );
  }
  const mode = record.hostConfig.NetworkMode;
  if (joinedReference(mode) === undefined && mode !== 'host') return;
  throw new TskerError(
    'invalid',
    'container sharing network namespace with another container or host cannot be connected to any other network',
  );
}

interface Joining {
  readonly wanted: NetworkRecord;
  readonly config: EndpointConfig;
}

async function joinNow(
  dependencies: ConnectDependencies,
  container: Container,
  { wanted, config }: Joining,
): Promise<void> {
  const { network, containers, runtime, ledger, events } = dependencies;
  const { record, id } = container;
  await network.reserve({ containerId: id, mode: wanted.name, endpoints: [config] });
  let change: Change | undefined;
  try {
    change = network.connect({
      ...namesOf(record),
      config: withLinkNames(containers, config),
      endpoints: record.endpoints,
      dns: record.hostConfig.Dns ?? [],
      effects: runEffects(ledger, id),
    });
    if (change.prepare !== undefined) change = await change.prepare();
    const sockets = await runtime.setUpNetwork(id, change);
    if (sockets.length > 0) network.serve(id, sockets);
    containers.update(container, {
      networks: { ...configuredNetworks(record), [wanted.name]: config },
      endpoints: change.endpoints,
    });
  } catch (error) {
    network.leave(id, wanted.id);
    if (change === undefined) throw error;
    throw await withoutLink(dependencies, container, { wanted, endpoints: change.endpoints, error });
  }
  network.redirect(id, change.endpoints);
  refreshFiles(dependencies, container);
  const joined = change.endpoints.filter(({ networkId }) => networkId === wanted.id);
  emitNetworkEvents(events, container, 'connect', joined);
}

/** What was made of the link goes again, as long as there is somebody to have it. */
async function withoutLink(
  { network, runtime }: ConnectDependencies,
  { id, run }: Container,
  { wanted, endpoints, error }: { wanted: NetworkRecord; endpoints: readonly Endpoint[]; error: unknown },
): Promise<unknown> {
  if (run === undefined) return error;
  try {
    await runtime.setUpNetwork(id, network.disconnect({ containerId: id, networkId: wanted.id, endpoints }));
    return error;
  } catch (cleanup) {
    return withCleanupFailure(error, cleanup);
  }
}
