// --subnet, --ip-range, --gateway and --aux-address of `network create` as the subnets of a network: what lies in which is found by
// its address, as docker's consolidateIpam. Pure.
import { BlockList, isIP } from 'node:net';
import type { IpamConfig } from '../../types/network.ts';
import { UsageError } from '../usage-error.ts';
import { splitPair } from './words.ts';

export interface IpamFlags {
  readonly subnet: readonly string[];
  readonly 'ip-range': readonly string[];
  readonly gateway: readonly string[];
  readonly 'aux-address': readonly string[];
}

interface Pool {
  readonly subnet: string;
  range?: string;
  gateway?: string;
  readonly auxiliary: Record<string, string>;
}

/** Throws UsageError in Docker's words for what has no subnet. */
export function ipamConfig(flags: IpamFlags): IpamConfig[] {
  if (flags.subnet.length < flags['ip-range'].length || flags.subnet.length < flags.gateway.length) {
    throw new UsageError('every ip-range or gateway must have a corresponding subnet');
  }
  const pools: Pool[] = [];
  for (const subnet of flags.subnet) {
    if (pools.some((pool) => contains(pool.subnet, subnet) || contains(subnet, pool.subnet))) {
      throw new UsageError('multiple overlapping subnet configuration is not supported');
    }
    pools.push({ subnet, auxiliary: {} });
  }
  for (const range of flags['ip-range']) {
    const pool = find(pools, range, 'range');
    if (pool.range !== undefined) throw twice('ranges', pool.range, range, pool.subnet);
    pool.range = range;
  }
  for (const gateway of flags.gateway) {
    const pool = find(pools, gateway, 'gateway');
    if (pool.gateway !== undefined) throw twice('gateways', pool.gateway, gateway, pool.subnet);
    pool.gateway = gateway;
  }
  for (const text of flags['aux-address']) {
    const [name, address = ''] = splitPair(text);
    find(pools, address, 'aux-address').auxiliary[name] = address;
  }
  return pools.map(({ subnet, range, gateway, auxiliary }) => ({
    Subnet: subnet,
    ...(range === undefined ? {} : { IPRange: range }),
    ...(gateway === undefined ? {} : { Gateway: gateway }),
    ...(Object.keys(auxiliary).length === 0 ? {} : { AuxiliaryAddresses: auxiliary }),
  }));
}

function find(pools: readonly Pool[], address: string, what: string): Pool {
  const pool = pools.find(({ subnet }) => contains(subnet, address));
  if (pool === undefined) throw new UsageError(`no matching subnet for ${what} ${address}`);
  return pool;
}

function twice(what: string, first: string, second: string, subnet: string): UsageError {
  return new UsageError(`cannot configure multiple ${what} (${first}, ${second}) on the same subnet (${subnet})`);
}

/** Whether an address, or the beginning of a range, lies in a subnet; what is neither is the daemon's to refuse. */
function contains(subnet: string, text: string): boolean {
  const [network = '', length = ''] = subnet.split('/');
  const address = text.split('/')[0] ?? '';
  const family = isIP(network);
  const bits = Number(length);
  if (family === 0 || family !== isIP(address) || !/^\d{1,3}$/.test(length) || bits > (family === 4 ? 32 : 128))
    return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
