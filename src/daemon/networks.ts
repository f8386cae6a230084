// The /networks routes' view: the networks of the service with the containers that are on them.
import { type Filters, matchesLabels } from '../api/filters.ts';
import type { NetworkBackend } from '../api/network/backend.ts';
import type { NetworkService, NetworkSummary } from '../network/network.ts';
import type { NetworkContainer, NetworkResource } from '../types/system.ts';
import { TskerError } from '../util/errors.ts';
import type { ContainerStore } from './container/store.ts';

export interface NetworkDependencies {
  readonly network: Pick<NetworkService, 'networks'>;
  readonly containers: ContainerStore;
}

export function networkBackend({ network, containers }: NetworkDependencies): NetworkBackend {
  const resources = (): NetworkResource[] => network.networks().map((one) => toResource(one, containers));
  return {
    listNetworks: (filters) =>
      resources()
        .filter((one) => matches(one, filters))
        // As Docker: who is on a network is told by inspect alone.
        .map((one) => ({ ...one, Containers: {} })),
    inspectNetwork(reference) {
      const all = resources();
      const exact = all.find(({ Name, Id }) => Name === reference || Id === reference);
      const matching = all.filter(({ Id }) => reference !== '' && Id.startsWith(reference));
      if (exact === undefined && matching.length > 1) {
        throw new TskerError(
          'invalid',
          `network ${reference} is ambiguous (${matching.length} matches found based on ID prefix)`,
        );
      }
      const found = exact ?? matching[0];
      if (found === undefined) throw new TskerError('not_found', `network ${reference} not found`);
      return found;
    },
  };
}

function toResource(network: NetworkSummary, containers: ContainerStore): NetworkResource {
  const { subnet, gateway, bridge } = network;
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: network.scope,
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: subnet === undefined ? [] : [{ Subnet: subnet, ...(gateway === undefined ? {} : { Gateway: gateway }) }],
    },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: containersOn(network.id, containers),
    Options: bridge === undefined ? {} : bridgeOptions(bridge),
    Labels: {},
  };
}

function bridgeOptions(bridge: string): Record<string, string> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.name': bridge,
  };
}

function containersOn(networkId: string, containers: ContainerStore): Record<string, NetworkContainer> {
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

/** `dangling` (on no container and not built in) is never true of the three built-in networks. */
function matches(network: NetworkResource, filters: Filters): boolean {
  for (const [name, values] of filters) {
    const fits = values.some((value) => {
      if (name === 'driver') return network.Driver === value;
      if (name === 'id') return network.Id.startsWith(value);
      if (name === 'name') return network.Name.includes(value);
      if (name === 'scope') return network.Scope === value;
      if (name === 'type') return value === 'builtin';
      if (name === 'label') return matchesLabels([value], network.Labels);
      return name === 'dangling' && (value === 'false' || value === '0');
    });
    if (!fits) return false;
  }
  return true;
}
