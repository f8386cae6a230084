// What a create or connect request wants of networks, checked in Docker's words (moby daemon/container_operations.go) and in the
// form that is stored with the container. Pure but for the lookup of networks.
import { checkWanted } from '../../network/endpoints.ts';
import { parseMac } from '../../network/mac.ts';
import type { EndpointConfig, NetworkService } from '../../network/network.ts';
import type { NetworkRecord } from '../../network/records.ts';
import type { CreateRequest, EndpointSettings } from '../../types/container.ts';
import type { HostConfig } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import { joinedReference } from './joined.ts';
import type { ContainerRecord } from './record.ts';

/** By the network's name, in the order of the interfaces. */
export type EndpointConfigs = Readonly<Record<string, EndpointConfig>>;

const NO_USER_NETWORKS = ['bridge', 'host', 'none'];

/** Throws `not_found` for a network there is not, `invalid` for what cannot be had of it. */
export function endpointConfigs(
  network: Pick<NetworkService, 'find'>,
  { body, hostConfig }: { readonly body: CreateRequest; readonly hostConfig: HostConfig },
): EndpointConfigs {
  if (joinedReference(hostConfig.NetworkMode) !== undefined) return {};
  const first = network.find(hostConfig.NetworkMode);
  const others = Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {})
    .map(([reference, settings]) => ({ one: reference === 'default' ? first : network.find(reference), settings }))
    .toSorted((a, b) => (a.one.name < b.one.name ? -1 : 1));
  const own = others.find(({ one }) => one.id === first.id)?.settings ?? {};
  const mac = own.MacAddress || body.MacAddress;
  const links = [...(own.Links ?? []), ...(isUserDefined(first) ? (hostConfig.Links ?? []) : [])];
  const configs: Record<string, EndpointConfig> = {
    [first.name]: toConfig(first, { ...own, Links: [...new Set(links)], ...(mac ? { MacAddress: mac } : {}) }),
  };
  for (const { one, settings } of others) {
    if (one.id === first.id) continue;
    checkMixture([...Object.keys(configs)], one.name);
    configs[one.name] = toConfig(one, settings ?? {});
  }
  return configs;
}

/** What a container wants of which networks; one that was stored before there were several wants nothing of its one. */
export function configuredNetworks({
  networks,
  hostConfig: { NetworkMode: mode },
}: Pick<ContainerRecord, 'networks' | 'hostConfig'>): EndpointConfigs {
  if (networks !== undefined) return networks;
  if (joinedReference(mode) !== undefined) return {};
  return { [mode]: { network: mode, aliases: [], links: [], gatewayPriority: 0 } };
}

/** One connection, as POST /networks/{id}/connect asks for it. */
export function toConfig(network: NetworkRecord, settings: Partial<EndpointSettings>): EndpointConfig {
  const { IPAMConfig: ipam, Aliases, Links, MacAddress, DriverOpts, GwPriority } = settings;
  const aliases = Aliases ?? [];
  const links = Links ?? [];
  if (aliases.length > 0 && !isUserDefined(network)) {
    throw new TskerError('invalid', 'network-scoped alias is supported only for containers in user defined networks');
  }
  for (const alias of aliases) if (!/^[^\s\0]{1,255}$/.test(alias)) refuse(`invalid alias ${JSON.stringify(alias)}`);
  for (const link of links) if (!/^[^\s\0:]+(:[^\s\0:]+)?$/.test(link)) refuse(`bad format for links: ${link}`);
  if (ipam?.IPv4Address) checkWanted(network, 4, ipam.IPv4Address);
  if (ipam?.IPv6Address) checkWanted(network, 6, ipam.IPv6Address);
  if (MacAddress) parseMac(MacAddress);
  return {
    ...{ network: network.name, aliases, links, gatewayPriority: GwPriority ?? 0 },
    ...(ipam?.IPv4Address ? { ipv4: ipam.IPv4Address } : {}),
    ...(ipam?.IPv6Address ? { ipv6: ipam.IPv6Address } : {}),
    ...(ipam?.LinkLocalIPs && ipam.LinkLocalIPs.length > 0 ? { linkLocal: ipam.LinkLocalIPs } : {}),
    ...(MacAddress ? { macAddress: MacAddress } : {}),
    ...(DriverOpts && Object.keys(DriverOpts).length > 0 ? { driverOptions: DriverOpts } : {}),
  };
}

/** host and none go with nothing else. */
export function checkMixture(connected: readonly string[], wanted: string): void {
  if (wanted === 'host' || connected.includes('host')) {
    refuse('container cannot be disconnected from host network or connected to host network');
  }
  if ((wanted === 'none' && connected.length > 0) || connected.includes('none')) {
    refuse('container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
}

export function isUserDefined({ name }: Pick<NetworkRecord, 'name'>): boolean {
  return !NO_USER_NETWORKS.includes(name);
}

/** In the API's form again. */
export function toSettings(
  config: EndpointConfig,
): Pick<EndpointSettings, 'IPAMConfig' | 'Links' | 'Aliases' | 'DriverOpts' | 'GwPriority'> {
  const { ipv4, ipv6, linkLocal, aliases, links, driverOptions, gatewayPriority } = config;
  const ipam = {
    ...(ipv4 === undefined ? {} : { IPv4Address: ipv4 }),
    ...(ipv6 === undefined ? {} : { IPv6Address: ipv6 }),
    ...(linkLocal === undefined ? {} : { LinkLocalIPs: linkLocal }),
  };
  return {
    IPAMConfig: Object.keys(ipam).length === 0 ? null : ipam,
    Links: links.length === 0 ? null : links,
    Aliases: aliases.length === 0 ? null : aliases,
    DriverOpts: driverOptions ?? null,
    GwPriority: gatewayPriority,
  };
}

function refuse(message: string): never {
  throw new TskerError('invalid', message);
}
