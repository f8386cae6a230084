// docker network create.
import type { NetworkService } from '../../network/network.ts';
import type { NetworkCreateRequest, NetworkCreateResponse } from '../../types/network.ts';
import type { EventSink } from '../events.ts';
import { emitNetworkEvent } from './event.ts';

export interface CreateDependencies {
  readonly network: Pick<NetworkService, 'create'>;
  readonly events: EventSink;
}

export async function createNetwork(
  { network, events }: CreateDependencies,
  request: NetworkCreateRequest,
): Promise<NetworkCreateResponse> {
  const created = await network.create({
    name: request.Name,
    driver: request.Driver,
    internal: request.Internal,
    attachable: request.Attachable,
    enableIPv4: request.EnableIPv4,
    enableIPv6: request.EnableIPv6,
    ipam: {
      driver: request.IPAM.Driver,
      options: request.IPAM.Options,
      config: request.IPAM.Config.map(({ Subnet, IPRange, Gateway, AuxiliaryAddresses }) => ({
        ...(Subnet === undefined ? {} : { subnet: Subnet }),
        ...(IPRange === undefined ? {} : { ipRange: IPRange }),
        ...(Gateway === undefined ? {} : { gateway: Gateway }),
        ...(AuxiliaryAddresses === undefined ? {} : { auxAddresses: AuxiliaryAddresses }),
      })),
    },
    options: request.Options,
    labels: request.Labels,
  });
  emitNetworkEvent(events, created, 'create');
  return { Id: created.id, Warning: '' };
}
