// IPv4 addresses and subnets as values: text, bytes, numbers, containment. Pure; who has which address is ipam.ts.
import { TskerError } from '../util/errors.ts';

/** An address with the length of its network's prefix: `172.17.0.1/16`. The number is unsigned 32 bit. */
export interface Cidr {
  readonly address: number;
  readonly prefixLength: number;
}

/** Parses dotted decimal, strictly: four numbers, no leading zeros. Throws `invalid`. */
export function parseAddress(text: string): number {
  const parts = text.split('.');
  const wrong = parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255);
  if (parts.length !== 4 || wrong) throw new TskerError('invalid', `invalid IPv4 address: ${JSON.stringify(text)}`);
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}

/** Parses `a.b.c.d/n`. Throws `invalid`. */
export function parseCidr(text: string): Cidr {
  const [address, length, ...rest] = text.split('/');
  if (
    address === undefined ||
    length === undefined ||
    rest.length > 0 ||
    !/^\d{1,2}$/.test(length) ||
    Number(length) > 32
  ) {
    throw new TskerError('invalid', `invalid CIDR address: ${text}`);
  }
  return { address: parseAddress(address), prefixLength: Number(length) };
}

export function formatAddress(address: number): string {
  return toBytes(address).join('.');
}

export function formatCidr({ address, prefixLength }: Cidr): string {
  return `${formatAddress(address)}/${prefixLength}`;
}

/** Network byte order. */
export function toBytes(address: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address >>> 0, 0);
  return bytes;
}

export function fromBytes(bytes: Buffer): number {
  return bytes.readUInt32BE(0);
}

/** The network mask as a number. A shift by 32 is a shift by none in JavaScript, hence the case of /0. */
export function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

/** The first address of the network an address lies in. */
export function networkOf({ address, prefixLength }: Cidr): number {
  return (address & maskOf(prefixLength)) >>> 0;
}

/** The last address: the broadcast address of networks that have one. */
export function broadcastOf(cidr: Cidr): number {
  return (networkOf(cidr) | ~maskOf(cidr.prefixLength)) >>> 0;
}

export function contains(cidr: Cidr, address: number): boolean {
  return address >= networkOf(cidr) && address <= broadcastOf(cidr);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return networkOf(a) <= broadcastOf(b) && networkOf(b) <= broadcastOf(a);
}
