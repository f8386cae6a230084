// The way out of containers on networks that lead nowhere themselves, overlay networks: one more interface, on a bridge of the host,
// which has their default route and their published ports, and no names. It is docker_gwbridge, as with Docker.
import type { NetworkRequest } from './definition.ts';
import type { Endpoint, EndpointConfig } from './network.ts';
import { gatewayEndpoint } from './setup.ts';

export const GATEWAY_NETWORK = 'docker_gwbridge';

/** Made when it is first needed; whoever wants it otherwise makes it before. */
export const GATEWAY_REQUEST: NetworkRequest = {
  name: GATEWAY_NETWORK,
  driver: 'bridge',
  ...{ internal: false, attachable: false, enableIPv4: true, enableIPv6: false },
  ipam: { driver: 'default', options: null, config: [] },
  options: {
    // Those who may reach each other do so by their own networks.
    'com.docker.network.bridge.enable_icc': 'false',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
  },
  labels: {},
};

/** Every other network that leads out comes before it. */
export const GATEWAY_CONFIG: EndpointConfig = {
  network: GATEWAY_NETWORK,
  ...{ aliases: [], links: [], gatewayPriority: Number.MIN_SAFE_INTEGER },
};

/** Its container has a network that is to lead out, and none that does. */
export function needsGateway(endpoints: readonly Endpoint[]): boolean {
  return endpoints.some(isWithoutGateway) && gatewayEndpoint(endpoints, 4) === undefined;
}

/** What stays of the endpoints without what was there for others that are gone. */
export function withoutIdleGateway(endpoints: readonly Endpoint[]): Endpoint[] {
  return endpoints.some(isWithoutGateway)
    ? [...endpoints]
    : endpoints.filter(({ gatewayOnly }) => gatewayOnly !== true);
}

function isWithoutGateway({ viaGatewayNetwork }: Endpoint): boolean {
  return viaGatewayNetwork === true;
}
