// Plans a container's endpoints on the networks it is to be on: each takes its addresses and enters the directory of names, and one
// that leads out comes with those that do not. It changes nothing on the host.
import type { Reservations } from './authority.ts';
import type { Catalog } from './catalog.ts';
import type { Directory, Member } from './dns/directory.ts';
import { endpointWithoutAddress, type PlannedEndpoint, planEndpoint } from './endpoints.ts';
import { GATEWAY_CONFIG, needsGateway } from './gateway-network.ts';
import type { Addresses } from './ipam.ts';
import type { ContainerNames, Endpoint, EndpointConfig } from './network.ts';
import type { NetworkRecord } from './records.ts';

export interface PlannerOptions {
  readonly catalog: Catalog;
  readonly addresses: Addresses;
  /** Addresses that others hand out. */
  readonly reservations: Reservations;
  readonly directory: Directory;
  /** Which network `default` means. */
  readonly standard: string;
}

export class EndpointPlanner {
  readonly #options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  /** By name, id, or the word for the standard one. */
  find(reference: string): NetworkRecord {
    const { catalog, standard } = this.#options;
    return catalog.find(reference === 'default' || reference === '' ? standard : reference);
  }

  /** What is wanted of each network; of the mode's alone where nothing is said. */
  configsFor(mode: string, endpoints: readonly EndpointConfig[]): readonly EndpointConfig[] {
    return endpoints.length > 0 ? endpoints : [plainConfig(this.find(mode).name)];
  }

  /** Besides those there are `before`. When one cannot be had, what was taken for the others is still taken. */
  plan(
    names: ContainerNames,
    configs: readonly EndpointConfig[],
    before: readonly Endpoint[],
  ): readonly PlannedEndpoint[] {
    const planned: PlannedEndpoint[] = [];
    const all = (): Endpoint[] => [...before, ...planned.map(({ endpoint }) => endpoint)];
    for (const config of configs) planned.push(this.#planOne(names, config, all()));
    if (needsGateway(all())) planned.push(this.#planGateway(names, all()));
    return planned;
  }

  /** The addresses of one network, or all; those that others have handed out are theirs again as well. */
  release(containerId: string, networkId?: string): void {
    const { reservations, addresses } = this.#options;
    reservations.release(containerId, networkId);
    addresses.release(containerId, networkId);
  }

  #planOne(names: ContainerNames, config: EndpointConfig, before: readonly Endpoint[]): PlannedEndpoint {
    const network = this.find(config.network);
    if (network.driver === 'null') return { endpoint: endpointWithoutAddress(network), link: undefined, linkLocal: [] };
    const planned = this.#takeAddresses(network, names, config, before);
    const { endpoint } = planned;
    const { containerId, name } = names;
    this.#options.directory.add(memberOf(endpoint, { containerId, name, links: config.links }));
    return planned;
  }

  /** The endpoint that leads out where none of the others does; nobody finds the container by it. */
  #planGateway(names: ContainerNames, before: readonly Endpoint[]): PlannedEndpoint {
    const network = this.find(GATEWAY_CONFIG.network);
    const planned = this.#takeAddresses(network, names, GATEWAY_CONFIG, before);
    return { ...planned, endpoint: { ...planned.endpoint, dnsNames: [], gatewayOnly: true } };
  }

  #takeAddresses(
    network: NetworkRecord,
    names: ContainerNames,
    config: EndpointConfig,
    before: readonly Endpoint[],
  ): PlannedEndpoint {
    const { catalog, addresses } = this.#options;
    const driver = catalog.driverOf(catalog.requireUp(network));
    try {
      return planEndpoint({ network, driver, config, names, before, addresses });
    } catch (error) {
      this.release(names.containerId, network.id);
      throw error;
    }
  }
}

/** As others on its network find it. */
export function memberOf(
  endpoint: Endpoint,
  { containerId, name, links }: Pick<Member, 'containerId' | 'name' | 'links'>,
): Member {
  const { networkId, networkName, dnsNames: names = [], address, address6 = '' } = endpoint;
  return {
    ...{ containerId, name, links, networkId, networkName, names },
    isolated: endpoint.internal === true && endpoint.viaGatewayNetwork !== true,
    addresses: [address, address6].filter((one) => one !== ''),
  };
}

function plainConfig(network: string): EndpointConfig {
  return { network, aliases: [], links: [], gatewayPriority: 0 };
}
