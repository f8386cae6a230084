// struct sockaddr_in and sockaddr_in6 as bytes, for the calls that take them. Pure.
import { type Ip, toBytes } from './address.ts';

const FAMILIES = { 4: 2, 6: 10 } as const;
const SIZES = { 4: 16, 6: 28 } as const;
const ADDRESS_OFFSETS = { 4: 4, 6: 8 } as const;

export function socketAddress(address: Ip, port: number): Buffer {
  const bytes = Buffer.alloc(SIZES[address.family]);
  bytes.writeUInt16LE(FAMILIES[address.family], 0);
  bytes.writeUInt16BE(port, 2);
  toBytes(address).copy(bytes, ADDRESS_OFFSETS[address.family]);
  return bytes;
}
