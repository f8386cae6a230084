// IP addresses and subnets of both families as values: text, bytes, numbers, containment. Pure; who has which address is ipam.ts.
import { TskerError } from '../util/errors.ts';

export type Family = 4 | 6;

/** An address: an unsigned number of 32 or 128 bits. */
export interface Ip {
  readonly family: Family;
  readonly value: bigint;
}

/** An address with the length of its network's prefix: `172.17.0.1/16`, `fd00::1/64`. */
export interface Cidr {
  readonly family: Family;
  readonly address: bigint;
  readonly prefixLength: number;
}

const BITS = { 4: 32, 6: 128 } as const;
const GROUPS = 8;

/** Parses an address of either family, strictly: no leading zeros in IPv4, no zone in IPv6. Throws `invalid`. */
export function parseAddress(text: string): Ip {
  const value = text.includes(':') ? parseV6(text) : parseV4(text);
  if (value !== undefined) return { family: text.includes(':') ? 6 : 4, value };
  throw new TskerError('invalid', `invalid IP address: ${JSON.stringify(text)}`);
}

/** Undefined for what is no address. */
export function tryAddress(text: string): Ip | undefined {
  const value = text.includes(':') ? parseV6(text) : parseV4(text);
  return value === undefined ? undefined : { family: text.includes(':') ? 6 : 4, value };
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((number, part) => number * 256n + BigInt(part), 0n);
}

/** RFC 4291, 2.2: eight groups, one run of zeros as `::`, the last two as dotted decimal. */
function parseV6(text: string): bigint | undefined {
  const halves = withoutDots(text)?.split('::');
  if (halves === undefined || halves.length > 2) return undefined;
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...head, ...(tail ?? [])];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  if (tail === undefined ? groups.length !== GROUPS : groups.length >= GROUPS) return undefined;
  const zeros = Array.from({ length: GROUPS - groups.length }, () => '0');
  return [...head, ...zeros, ...(tail ?? [])].reduce((number, group) => number * 65_536n + BigInt(`0x${group}`), 0n);
}

/** `::ffff:1.2.3.4` as `::ffff:102:304`. */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const colon = text.lastIndexOf(':');
  const last = parseV4(text.slice(colon + 1));
  if (last === undefined) return undefined;
  return `${text.slice(0, colon + 1)}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
}

/** Parses `a.b.c.d/n` and `x::y/n`. Throws `invalid`. */
export function parseCidr(text: string): Cidr {
  const [address = '', length = '', ...rest] = text.split('/');
  const ip = tryAddress(address);
  if (ip === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > BITS[ip.family]) {
    throw new TskerError('invalid', `invalid CIDR address: ${text}`);
  }
  return { family: ip.family, address: ip.value, prefixLength: Number(length) };
}

export function formatAddress(ip: Ip): string {
  if (ip.family === 4) return [...toBytes(ip)].join('.');
  const groups = Array.from({ length: GROUPS }, (_, index) =>
    ((ip.value >> BigInt(16 * (GROUPS - 1 - index))) & 0xffffn).toString(16),
  );
  return shorten(groups);
}

/** RFC 5952: the first of the longest runs of two zeros or more becomes `::`. */
function shorten(groups: readonly string[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < GROUPS; start += 1) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.length === 1) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(ipOf(cidr))}/${cidr.prefixLength}`;
}

/** The address without its prefix. */
export function ipOf({ family, address }: Cidr): Ip {
  return { family, value: address };
}

/** Its network's own text: `172.17.0.0/16` of `172.17.0.1/16`. */
export function formatSubnet(cidr: Cidr): string {
  return formatCidr({ ...cidr, address: networkOf(cidr).value });
}

/** Network byte order, 4 or 16 bytes. */
export function toBytes({ family, value }: Ip): Buffer {
  return Buffer.from(value.toString(16).padStart(BITS[family] / 4, '0'), 'hex');
}

/** Throws RangeError for a length that is neither family's. */
export function fromBytes(bytes: Uint8Array): Ip {
  if (bytes.length !== 4 && bytes.length !== 16) throw new RangeError(`an address of ${bytes.length} bytes`);
  return { family: bytes.length === 4 ? 4 : 6, value: BigInt(`0x${Buffer.from(bytes).toString('hex')}`) };
}

/** The network mask. */
export function maskOf(family: Family, prefixLength: number): Ip {
  const bits = BITS[family];
  const host = (1n << BigInt(bits - prefixLength)) - 1n;
  return { family, value: ((1n << BigInt(bits)) - 1n) ^ host };
}

/** The first address of the network an address lies in. */
export function networkOf({ family, address, prefixLength }: Cidr): Ip {
  return { family, value: address & maskOf(family, prefixLength).value };
}

/** The last address: the broadcast address of IPv4 networks that have one. */
export function broadcastOf({ family, address, prefixLength }: Cidr): Ip {
  return { family, value: address | ((1n << BigInt(BITS[family] - prefixLength)) - 1n) };
}

export function contains(cidr: Cidr, ip: Ip): boolean {
  return ip.family === cidr.family && ip.value >= networkOf(cidr).value && ip.value <= broadcastOf(cidr).value;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return (
    a.family === b.family && networkOf(a).value <= broadcastOf(b).value && networkOf(b).value <= broadcastOf(a).value
  );
}

/** Number of addresses in a network of that prefix length. */
export function sizeOf({ family, prefixLength }: Cidr): bigint {
  return 1n << BigInt(BITS[family] - prefixLength);
}
