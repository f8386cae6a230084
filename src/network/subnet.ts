// Chooses the subnet of the default bridge: one that no route or address of the host touches. Pure.
import { type Cidr, overlaps, parseCidr } from './address.ts';

/** Docker's local address pools: 172.17–31.0.0/16, then 192.168.0–240.0/20. */
const POOLS: readonly Cidr[] = [
  ...Array.from({ length: 15 }, (_, index) => parseCidr(`172.${17 + index}.0.0/16`)),
  ...Array.from({ length: 16 }, (_, index) => parseCidr(`192.168.${16 * index}.0/20`)),
];

/** The first pool that overlaps none of `taken`, as its first address; undefined when all do. Default routes do not count. */
export function freeSubnet(taken: readonly Cidr[]): Cidr | undefined {
  const pool = POOLS.find((candidate) => !collides(candidate, taken));
  return pool === undefined ? undefined : { ...pool, address: pool.address + 1 };
}

export function collides(subnet: Cidr, taken: readonly Cidr[]): boolean {
  return taken.some((other) => other.prefixLength > 0 && overlaps(subnet, other));
}

/**
 * What a subnet the user asked for cannot live beside: a network as narrow or narrower. A wider route (10.0.0.0/8 into a
 * VPN) is no obstacle, the more specific one wins.
 */
export function obstacle<T extends Cidr>(subnet: Cidr, taken: readonly T[]): T | undefined {
  return taken.find((other) => other.prefixLength >= subnet.prefixLength && overlaps(subnet, other));
}
