// NetworkSettings of inspect and list, from the endpoints of the present run. Pure.
import { createHash } from 'node:crypto';
import type { Endpoint, EndpointConfig } from '../../network/network.ts';
import type { EndpointSettings, NetworkSettings, Port } from '../../types/container.ts';
import { toSettings } from './endpoint-configs.ts';
import type { ContainerRecord } from './record.ts';

export function networkSettings(record: ContainerRecord): NetworkSettings {
  const { state, endpoints } = record;
  // The old fields show the endpoint of the default bridge.
  const first = endpoints.find(({ networkName }) => networkName === 'bridge');
  return {
    Bridge: '',
    SandboxID: state.pid === 0 ? '' : createHash('sha256').update(`${record.id}${state.startedAt}`).digest('hex'),
    // A namespace lives as long as a process is in it: the kernel's own path is a real one for as long.
    SandboxKey: state.pid === 0 ? '' : `/proc/${state.pid}/ns/net`,
    Ports: portMap(record),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: first?.endpointId ?? '',
    Gateway: first?.gateway ?? '',
    GlobalIPv6Address: first?.address6 ?? '',
    GlobalIPv6PrefixLen: first?.prefixLength6 ?? 0,
    IPAddress: first?.address ?? '',
    IPPrefixLen: first?.prefixLength ?? 0,
    IPv6Gateway: first?.gateway6 ?? '',
    MacAddress: first?.macAddress ?? '',
    Networks: networksOf(record),
  };
}

/** Without a run the networks are there by name, without addresses. */
export function networksOf({ endpoints, hostConfig, networks }: ContainerRecord): Record<string, EndpointSettings> {
  // With the network of another container there is none of its own.
  if (hostConfig.NetworkMode.startsWith('container:')) return {};
  const configs = networks ?? { [hostConfig.NetworkMode]: undefined };
  // What leads out of overlay networks is nobody's wish, and not shown, as with Docker.
  const shown = endpoints.filter(({ gatewayOnly }) => gatewayOnly !== true);
  const names = new Set([...Object.keys(configs), ...shown.map(({ networkName }) => networkName)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const endpoint = endpoints.find(({ networkName }) => networkName === name);
      return [name, endpointSettings(endpoint, configs[name])];
    }),
  );
}

const NOTHING_ASKED = { IPAMConfig: null, Links: null, Aliases: null, DriverOpts: null, GwPriority: 0 };

function endpointSettings(endpoint: Endpoint | undefined, config: EndpointConfig | undefined): EndpointSettings {
  return {
    ...(config === undefined ? NOTHING_ASKED : toSettings(config)),
    MacAddress: endpoint?.macAddress ?? config?.macAddress ?? '',
    NetworkID: endpoint?.networkId ?? '',
    EndpointID: endpoint?.endpointId ?? '',
    Gateway: endpoint?.gateway ?? '',
    IPAddress: endpoint?.address ?? '',
    IPPrefixLen: endpoint?.prefixLength ?? 0,
    IPv6Gateway: endpoint?.gateway6 ?? '',
    GlobalIPv6Address: endpoint?.address6 ?? '',
    GlobalIPv6PrefixLen: endpoint?.prefixLength6 ?? 0,
    DNSNames: endpoint?.dnsNames === undefined || endpoint.networkName === 'bridge' ? null : endpoint.dnsNames,
  };
}

/** Exposed and not published: no binding. */
function portMap({ config, state, endpoints, ports = {} }: ContainerRecord): NetworkSettings['Ports'] {
  if (state.pid === 0 || !endpoints.some(({ address, address6 = '' }) => `${address}${address6}` !== '')) return {};
  const exposed = Object.keys(config.ExposedPorts ?? {}).map(withProtocol);
  return { ...Object.fromEntries(exposed.map((port) => [port, null])), ...ports };
}

export function listPorts(record: ContainerRecord): Port[] {
  return Object.entries(portMap(record)).flatMap(([text, bindings]) => {
    const [port = '', protocol = 'tcp'] = text.split('/');
    if (!/^\d+$/.test(port)) return [];
    const own = { PrivatePort: Number(port), Type: protocol };
    if (bindings === null || bindings.length === 0) return [own];
    return bindings.map(({ HostIp, HostPort }) => ({ IP: HostIp, ...own, PublicPort: Number(HostPort) }));
  });
}

function withProtocol(port: string): string {
  return port.includes('/') ? port : `${port}/tcp`;
}
