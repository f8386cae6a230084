// A request for a network completed and checked: subnets chosen, gateways set, options known, in Docker's words where it says no
// (moby libnetwork network.go, ipam, drivers/bridge). Pure: what is taken already comes with the request.
import { TskerError } from '../util/errors.ts';
import {
  type Cidr,
  contains,
  formatAddress,
  formatSubnet,
  networkOf,
  overlaps,
  parseCidr,
  tryAddress,
} from './address.ts';
import { parseBridgeOptions } from './bridge-options.ts';
import { checkOverlayOptions } from './overlay/definition.ts';
import type { NetworkDefinition, PoolDefinition } from './records.ts';
import { parseSubinterfaceOptions } from './subinterface-options.ts';
import { type AddressPool, freeSubnet } from './subnet.ts';

/** What POST /networks/create asks for. */
export interface NetworkRequest {
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly enableIPv4: boolean;
  readonly enableIPv6: boolean;
  readonly ipam: {
    readonly driver: string;
    readonly options: Readonly<Record<string, string>> | null;
    readonly config: readonly Partial<PoolDefinition>[];
    readonly macFirst?: boolean;
  };
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Surroundings {
  /** Subnets of the other networks. */
  readonly networks: readonly Cidr[];
  /** Addresses and routes of the host. */
  readonly host: readonly Cidr[];
  readonly pools: readonly AddressPool[];
  /** Drivers of networks and of addresses that are plugins, and are there. */
  readonly plugins?: readonly string[];
}

const PREDEFINED = ['bridge', 'host', 'none'];
const DRIVERS = ['bridge', 'macvlan', 'ipvlan', 'overlay'];
/** Of an IPv6 subnet that nobody asked for. */
const SMALLEST_V6 = 64;

/** Throws `invalid`, `forbidden` and `not_found` in Docker's words. */
export function completeDefinition(request: NetworkRequest, around: Surroundings): NetworkDefinition {
  const { name, driver, options, ipam } = request;
  if (name.trim() === '') throw new TskerError('invalid', `invalid name: ${name}`);
  if (PREDEFINED.includes(name)) {
    throw new TskerError('forbidden', `operation is not permitted on predefined ${name} network `);
  }
  if (driver === 'host' || driver === 'null') {
    throw new TskerError('forbidden', `only one instance of "${driver}" network is allowed`);
  }
  for (const plugin of [
    ...(DRIVERS.includes(driver) || around.plugins?.includes(driver) === true ? [] : [driver]),
    ...(ipam.driver === 'default' || around.plugins?.includes(ipam.driver) === true ? [] : [ipam.driver]),
  ]) {
    throw new TskerError('not_found', `plugin "${plugin}" not found`);
  }
  if (!request.enableIPv4 && !request.enableIPv6) refuse('IPv4 or IPv6 must be enabled');
  if (driver === 'bridge') parseBridgeOptions(options);
  else if (driver === 'overlay') checkOverlayOptions(options);
  else if (DRIVERS.includes(driver)) parseSubinterfaceOptions(driver, options);
  return {
    scope: driver === 'overlay' ? 'global' : 'local',
    ...{ internal: request.internal, attachable: request.attachable },
    ...{ enableIPv4: request.enableIPv4, enableIPv6: request.enableIPv6 },
    ipam: { ...ipam, config: completePools(request, around) },
    ...{ options, labels: request.labels },
    userSubnets: ipam.config.some(({ subnet }) => subnet !== undefined),
  };
}

function completePools(request: NetworkRequest, around: Surroundings): PoolDefinition[] {
  const { enableIPv4, enableIPv6, ipam } = request;
  const given = ipam.config.filter((pool) => Object.keys(pool).length > 0).map(parsePool);
  const taken = [...around.networks];
  for (const { subnet } of given) {
    if (taken.some((other) => overlaps(subnet, other))) {
      throw new TskerError('forbidden', 'Pool overlaps with other one on this address space');
    }
    taken.push(subnet);
  }
  const usable = given.filter(({ subnet }) => (subnet.family === 4 ? enableIPv4 : enableIPv6));
  const missing = ([4, 6] as const).filter(
    (family) => (family === 4 ? enableIPv4 : enableIPv6) && !usable.some(({ subnet }) => subnet.family === family),
  );
  const chosen = missing.map((family): GivenPool => ({ subnet: choose(family, around), definition: {} }));
  return [...usable, ...chosen].map((pool) => toDefinition(pool, request));
}

interface GivenPool {
  readonly subnet: Cidr;
  readonly definition: Partial<PoolDefinition>;
}

function parsePool(definition: Partial<PoolDefinition>): GivenPool {
  const { subnet: text = '', gateway, ipRange, auxAddresses = {} } = definition;
  const subnet = subnetOf(text);
  if (gateway !== undefined) {
    const address = tryAddress(gateway);
    if (address === undefined) refuse(`invalid gateway address ${gateway} in Ipam configuration`);
    if (!contains(subnet, address)) {
      refuse(`failed to allocate gateway (${gateway}): Requested address is out of range`);
    }
  }
  if (ipRange !== undefined) checkRange(ipRange, subnet);
  for (const [name, address] of Object.entries(auxAddresses)) {
    const ip = tryAddress(address);
    if (ip === undefined) refuse(`invalid auxilairy address ${address} in Ipam configuration for ${name}`);
    if (!contains(subnet, ip)) {
      refuse(`failed to allocate secondary ip address (${name}:${address}): Requested address is out of range`);
    }
  }
  return { subnet: { ...subnet, address: networkOf(subnet).value }, definition };
}

function subnetOf(text: string): Cidr {
  let subnet: Cidr;
  try {
    subnet = parseCidr(text);
  } catch (cause) {
    throw new TskerError('invalid', `Invalid subnet ${text} : invalid CIDR address: ${text}`, { cause });
  }
  if (subnet.prefixLength < (subnet.family === 4 ? 2 : 8) || UNUSABLE.some((other) => overlaps(subnet, other))) {
    refuse(`invalid subnet ${text}: containers cannot have addresses of it`);
  }
  return subnet;
}

/** "This" network, loopback, multicast and above. */
const UNUSABLE: readonly Cidr[] = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/127', 'ff00::/8'].map(parseCidr);

function checkRange(text: string, subnet: Cidr): void {
  let range: Cidr;
  try {
    range = parseCidr(text);
  } catch (cause) {
    throw new TskerError('invalid', `invalid ip-range ${text}: Invalid Address SubPool`, { cause });
  }
  if (range.prefixLength < subnet.prefixLength || !overlaps(range, subnet)) {
    refuse(`invalid ip-range ${text}: it is not part of ${formatSubnet(subnet)}`);
  }
}

function choose(family: 4 | 6, { networks, host, pools }: Surroundings): Cidr {
  const suitable = pools.filter(({ base }) => base.family === family);
  const free = freeSubnet([...networks, ...host], suitable);
  if (free !== undefined) return { ...free, address: networkOf(free).value };
  throw new TskerError(
    'not_found',
    `could not find an available, non-overlapping IPv${family} address pool among the defaults to assign to the network`,
    {
      hint: `give it one with --subnet${family === 6 ? ` (a /${SMALLEST_V6})` : ''}, or the daemon more of them with --default-address-pool`,
    },
  );
}

/** Without a wish the first address that is not set aside is the gateway's. */
function toDefinition({ subnet, definition }: GivenPool, { driver, internal }: NetworkRequest): PoolDefinition {
  const { gateway, ipRange, auxAddresses, poolId } = definition;
  const wantsGateway = driver === 'bridge' || !internal;
  const own = gateway ?? (wantsGateway ? firstFree(subnet, definition) : undefined);
  return {
    subnet: formatSubnet(subnet),
    ...(ipRange === undefined ? {} : { ipRange: formatSubnet(parseCidr(ipRange)) }),
    ...(own === undefined ? {} : { gateway: own }),
    ...(auxAddresses === undefined || Object.keys(auxAddresses).length === 0 ? {} : { auxAddresses }),
    ...(poolId === undefined ? {} : { poolId }),
  };
}

function firstFree(subnet: Cidr, { ipRange, auxAddresses = {} }: Partial<PoolDefinition>): string {
  const aside = new Set(Object.values(auxAddresses).map((text) => tryAddress(text)?.value));
  const range = ipRange === undefined ? subnet : parseCidr(ipRange);
  const lone = subnet.prefixLength >= (subnet.family === 4 ? 31 : 127);
  let value = networkOf(range).value;
  if (!lone && value === networkOf(subnet).value) value += 1n;
  while (aside.has(value)) value += 1n;
  return formatAddress({ family: subnet.family, value });
}

function refuse(message: string): never {
  throw new TskerError('invalid', message);
}
