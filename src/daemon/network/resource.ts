// A network as the API shows it, from its record and the containers that are on it. Pure.
import type { DistantEndpoint } from '../../network/network.ts';
import type { NetworkRecord, PoolDefinition } from '../../network/records.ts';
import type { IpamConfig, NetworkContainer, NetworkResource } from '../../types/network.ts';
import type { ContainerStore } from '../container/store.ts';

export function toResource(
  network: NetworkRecord,
  containers: Readonly<Record<string, NetworkContainer>>,
): NetworkResource {
  const { definition } = network;
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: definition.scope,
    Driver: network.driver,
    EnableIPv4: definition.enableIPv4,
    EnableIPv6: definition.enableIPv6,
    IPAM: {
      Driver: definition.ipam.driver,
      Options: definition.ipam.options,
      Config: definition.ipam.config.map(toIpamConfig),
    },
    Internal: definition.internal,
    Attachable: definition.attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: containers,
    Options: definition.options,
    Labels: definition.labels,
  };
}

function toIpamConfig({ subnet, ipRange, gateway, auxAddresses }: PoolDefinition): IpamConfig {
  return {
    Subnet: subnet,
    ...(ipRange === undefined ? {} : { IPRange: ipRange }),
    ...(gateway === undefined ? {} : { Gateway: gateway }),
    ...(auxAddresses === undefined ? {} : { AuxiliaryAddresses: auxAddresses }),
  };
}

/** One of another host, whose containers are known here by their endpoints alone. */
export function toDistantContainer({ endpointId, name, mac, addresses }: DistantEndpoint): [string, NetworkContainer] {
  const of = (family: 4 | 6): string => addresses.find((one) => one.includes(':') === (family === 6)) ?? '';
  const facts = { Name: name, EndpointID: endpointId, MacAddress: mac };
  return [`ep-${endpointId}`, { ...facts, IPv4Address: of(4), IPv6Address: of(6) }];
}

/** Those that run on it, by id. */
export function containersOn(
  networkId: string,
  containers: Pick<ContainerStore, 'list'>,
): Readonly<Record<string, NetworkContainer>> {
  const entries = containers.list().flatMap(({ record }) =>
    record.endpoints
      .filter((endpoint) => endpoint.networkId === networkId)
      .map((endpoint): [string, NetworkContainer] => [
        record.id,
        {
          Name: record.name,
          EndpointID: endpoint.endpointId,
          MacAddress: endpoint.macAddress,
          IPv4Address: endpoint.address === '' ? '' : `${endpoint.address}/${endpoint.prefixLength}`,
          IPv6Address: endpoint.address6 === undefined ? '' : `${endpoint.address6}/${endpoint.prefixLength6 ?? 64}`,
        },
      ]),
  );
  return Object.fromEntries(entries);
}
