// From what a container wants of a network to an endpoint: its addresses, taken in the store, its MAC, its interface and its
// link. It changes nothing on the host.
import { randomBytes, randomInt } from 'node:crypto';
import { TskerError } from '../util/errors.ts';
import { type Cidr, contains, formatAddress, type Ip, parseAddress, parseCidr, tryAddress } from './address.ts';
import type { Addresses, Pool } from './ipam.ts';
import { formatMac, macOfAddress, macOfOwner, parseMac, randomMac } from './mac.ts';
import type { ContainerNames, Driver, Endpoint, EndpointConfig, Link } from './network.ts';
import type { NetworkRecord } from './records.ts';

/** An endpoint with the link that is yet to be made. */
export interface PlannedEndpoint {
  readonly endpoint: Endpoint;
  readonly link: Link | undefined;
  readonly linkLocal: readonly Cidr[];
}

export interface EndpointRequest {
  readonly network: NetworkRecord;
  readonly driver: Driver;
  readonly config: EndpointConfig;
  readonly names: ContainerNames;
  /** The endpoints that the container has, or is about to have. */
  readonly before: readonly Endpoint[];
  readonly addresses: Addresses;
}

/** Throws `forbidden` for an address in use, `invalid` for what cannot be an address of the network, `unavailable`. */
export function planEndpoint(request: EndpointRequest): PlannedEndpoint {
  const { network, driver, config, names, before } = request;
  const interfaces = before.flatMap((one) => one.interfaceName ?? []);
  const wantedMac =
    config.macAddress === undefined || config.macAddress === '' ? undefined : parseMac(config.macAddress);
  const linkLocal = (config.linkLocal ?? []).map(linkLocalCidr);
  const v4 = takeAddress(request, 4, config.ipv4);
  const v6 = takeAddress(request, 6, config.ipv6);
  const macFirst = network.definition.ipam.macFirst === true;
  const ownMac = (): Buffer => (v4 === undefined ? randomMac() : macOfAddress(v4.address));
  const mac = wantedMac ?? (macFirst ? macOfOwner(names.containerId, network.id) : ownMac());
  const interfaceName = freeName(interfaceWish(config) ?? driver.prefix(network), interfaces);
  const index = nextIndex(before);
  const endpointId = randomBytes(32).toString('hex');
  const dns = dnsNames(config, names);
  const link = driver.link({
    ...{ network, interfaceName, index, mac, endpointId, containerId: names.containerId },
    address: cidrText(v4),
    address6: cidrText(v6),
    name: names.name,
    names: dns,
  });
  const { internal } = network.definition;
  const viaGatewayNetwork = link.viaGatewayNetwork === true && !internal;
  const noGateway = internal || link.layer3 || viaGatewayNetwork;
  const gateway = noGateway ? '' : (v4?.pool.gateway ?? '');
  const gateway6 = noGateway ? '' : (v6?.pool.gateway ?? '');
  return {
    link,
    linkLocal,
    endpoint: {
      networkName: network.name,
      networkId: network.id,
      driver: network.driver,
      endpointId,
      address: v4 === undefined ? '' : formatAddress(v4.address),
      prefixLength: v4?.pool.subnet.prefixLength ?? 0,
      gateway,
      macAddress: formatMac(mac),
      ...(v6 === undefined
        ? {}
        : { address6: formatAddress(v6.address), prefixLength6: v6.pool.subnet.prefixLength, gateway6 }),
      interfaceName,
      interfaceIndex: index,
      dnsNames: dns,
      internal: internal || (gateway === '' && gateway6 === '' && !link.layer3),
      gatewayPriority: config.gatewayPriority,
      ...(link.layer3 ? { layer3: true } : {}),
      ...(viaGatewayNetwork ? { viaGatewayNetwork } : {}),
    },
  };
}

/** Docker's order: the container's name, aliases, short id, host name; each once. */
export function dnsNames(
  config: Pick<EndpointConfig, 'aliases'>,
  { name, containerId, hostname }: ContainerNames,
): string[] {
  return [...new Set([name, ...config.aliases, containerId.slice(0, 12), hostname])].filter((one) => one !== '');
}

/** What inspect shows of a network that gives no address. */
export function endpointWithoutAddress(network: NetworkRecord): Endpoint {
  return {
    networkName: network.name,
    networkId: network.id,
    driver: network.driver,
    endpointId: randomBytes(32).toString('hex'),
    ...{ address: '', prefixLength: 0, gateway: '', macAddress: '' },
  };
}

/** The subnets of a network, for the allocation of addresses. */
export interface NetworkPool extends Pool {
  readonly gateway: string | undefined;
  /** Of a plugin's. */
  readonly poolId: string | undefined;
}

export function poolsOf(network: NetworkRecord): NetworkPool[] {
  return network.definition.ipam.config.map(({ subnet, ipRange, gateway, auxAddresses = {}, poolId }) => ({
    networkId: network.id,
    networkName: network.name,
    subnet: parseCidr(subnet),
    range: ipRange === undefined ? undefined : parseCidr(ipRange),
    reserved: [...(gateway === undefined ? [] : [gateway]), ...Object.values(auxAddresses)].map(parseAddress),
    gateway,
    poolId,
  }));
}

function cidrText(taken: Taken | undefined): string {
  return taken === undefined ? '' : `${formatAddress(taken.address)}/${taken.pool.subnet.prefixLength}`;
}

/** When its plugin has done its part, where there is one. */
export async function prepareEndpoint(planned: PlannedEndpoint): Promise<PlannedEndpoint> {
  if (planned.link?.prepare === undefined) return planned;
  const routes = await planned.link.prepare();
  return { ...planned, endpoint: { ...planned.endpoint, ...routes } };
}

export function needsPreparation({ link }: PlannedEndpoint): boolean {
  return link?.prepare !== undefined;
}

interface Taken {
  readonly address: Ip;
  readonly pool: NetworkPool;
}

function takeAddress(request: EndpointRequest, family: 4 | 6, wanted: string | undefined): Taken | undefined {
  const { network, addresses, names } = request;
  const pools = poolsOf(network).filter(({ subnet }) => subnet.family === family);
  if (wanted !== undefined && wanted !== '') {
    const address = checkWanted(network, family, wanted);
    const pool = pools.find(({ subnet }) => contains(subnet, address));
    if (pool === undefined) throw new TskerError('invalid', `no configured subnet contains IP address ${wanted}`);
    return { address: addresses.claim(pool, address, names.containerId), pool };
  }
  let exhausted: unknown;
  for (const pool of pools) {
    try {
      return { address: addresses.allot(pool, names.containerId), pool };
    } catch (error) {
      exhausted = error;
    }
  }
  if (exhausted !== undefined) throw exhausted;
  return undefined;
}

/** Throws `invalid` in Docker's words. */
export function checkWanted(network: NetworkRecord, family: 4 | 6, text: string): Ip {
  if (['bridge', 'host', 'none'].includes(network.name)) {
    throw new TskerError('invalid', 'user specified IP address is supported on user defined networks only');
  }
  if (!network.definition.userSubnets) {
    throw new TskerError(
      'invalid',
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    );
  }
  const address = tryAddress(text);
  if (address === undefined || address.family !== family) {
    throw new TskerError('invalid', `invalid IPv${family} address: ${text}`);
  }
  return address;
}

/** --link-local-ip: single addresses beside those of the network. */
function linkLocalCidr(text: string): Cidr {
  const address = tryAddress(text);
  if (address === undefined) throw new TskerError('invalid', `invalid link-local IP address: ${text}`);
  return { family: address.family, address: address.value, prefixLength: address.family === 4 ? 32 : 128 };
}

/** The whole name that was asked for (com.docker.network.endpoint.ifname). */
function interfaceWish({ driverOptions }: EndpointConfig): string | undefined {
  const name = driverOptions?.['com.docker.network.endpoint.ifname'];
  return name === undefined || !/^[a-zA-Z][\w.-]{0,14}$/.test(name) ? undefined : name;
}

/** The prefix with the first free number; a name that ends in a number is taken as it is when it is free. */
function freeName(wish: string, taken: readonly string[]): string {
  if (/\d$/.test(wish) && !taken.includes(wish)) return wish;
  const prefix = wish.replace(/\d+$/, '');
  let number = 0;
  while (taken.includes(`${prefix}${number}`)) number += 1;
  return `${prefix}${number}`;
}

/**
 * An interface index far from those the kernel hands out, so that the plan knows it without asking: in the new namespace 2 may be
 * taken (by sit0 and the like where tunnels are built in). Further ones follow it, so that eth0 is listed before eth1.
 */
function nextIndex(before: readonly Endpoint[]): number {
  const last = Math.max(0, ...before.map(({ interfaceIndex = 0 }) => interfaceIndex));
  return last > 0 ? last + 1 : randomInt(2 ** 20, 2 ** 31 - 2 ** 16);
}

/** Its address with the prefix length of its network, one a family. */
export function cidrsOf(endpoint: Endpoint): Cidr[] {
  const { address, prefixLength, address6, prefixLength6 = 64 } = endpoint;
  return [
    ...(address === '' ? [] : [parseCidr(`${address}/${prefixLength}`)]),
    ...(address6 === undefined ? [] : [parseCidr(`${address6}/${prefixLength6}`)]),
  ];
}
