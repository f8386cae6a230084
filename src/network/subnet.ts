// Chooses the subnets of networks that are not told one: such that no route or address of the host and no other network
// touches. Pure.
import { TskerError } from '../util/errors.ts';
import { type Cidr, formatCidr, networkOf, overlaps, parseCidr, sizeOf } from './address.ts';

/** A range of addresses that is handed out in subnets of one size (--default-address-pool). */
export interface AddressPool {
  readonly base: Cidr;
  /** Prefix length of each subnet. */
  readonly size: number;
}

/** Docker's local address pools: 172.17–31.0.0/16, then 192.168.0–240.0/20. */
export const DEFAULT_POOLS: readonly AddressPool[] = [
  ...Array.from({ length: 15 }, (_, index) => ({ base: parseCidr(`172.${17 + index}.0.0/16`), size: 16 })),
  { base: parseCidr('192.168.0.0/16'), size: 20 },
];

/**
 * The pools with one of IPv6, when there is none: a prefix of unique local addresses (RFC 4193), its random part from `seed`, forty
 * bits or more in hexadecimal that stay the same for as long as the daemon's root does.
 */
export function withIpv6(pools: readonly AddressPool[], seed: string): readonly AddressPool[] {
  if (pools.some(({ base }) => base.family === 6)) return pools;
  const [first, second, third] = [seed.slice(0, 2), seed.slice(2, 6), seed.slice(6, 10)];
  return [...pools, { base: parseCidr(`fd${first}:${second}:${third}::/48`), size: 64 }];
}

/** Subnets of one pool that are looked at; a pool of IPv6 has more than anyone can count. */
const TRIES = 65_536n;

/** The first subnet of the pools, as its first address, that overlaps none of `taken`; undefined when all do. Default routes do not count. */
export function freeSubnet(taken: readonly Cidr[], pools: readonly AddressPool[] = DEFAULT_POOLS): Cidr | undefined {
  for (const { base, size } of pools) {
    const { family } = base;
    const step = sizeOf({ ...base, prefixLength: size });
    const count = sizeOf(base) / step;
    for (let index = 0n; index < count && index < TRIES; index += 1n) {
      const candidate = { family, address: networkOf(base).value + index * step, prefixLength: size };
      if (!collides(candidate, taken)) return { ...candidate, address: candidate.address + 1n };
    }
  }
  return undefined;
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

/** Parses the value of --default-address-pool, `base=10.10.0.0/16,size=24`. Throws `invalid`. */
export function parsePool(text: string): AddressPool {
  const fields = new Map(text.split(',').map((field) => splitField(field.trim())));
  const base = fields.get('base');
  const size = fields.get('size') ?? '';
  if (base === undefined || fields.size !== 2 || !/^\d{1,3}$/.test(size)) {
    throw new TskerError('invalid', `--default-address-pool ${text}: it is base=ADDRESS/LENGTH,size=LENGTH`);
  }
  const cidr = parseCidr(base);
  if (Number(size) < cidr.prefixLength || Number(size) > (cidr.family === 4 ? 30 : 126)) {
    throw new TskerError(
      'invalid',
      `--default-address-pool ${text}: no networks of /${size} fit in ${formatCidr(cidr)}`,
    );
  }
  return { base: { ...cidr, address: networkOf(cidr).value }, size: Number(size) };
}

function splitField(field: string): [string, string] {
  const at = field.indexOf('=');
  return [field.slice(0, Math.max(at, 0)), field.slice(at + 1)];
}
