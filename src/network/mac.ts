// Hardware addresses: made from what they belong to, so that the same container address has the same MAC and neighbours'
// ARP caches never hold a wrong one. Pure.
import { createHash, randomBytes } from 'node:crypto';
import { TskerError } from '../util/errors.ts';
import { type Ip, toBytes } from './address.ts';

/** 02: locally administered unicast; 42: Docker's habit, which people recognise. */
const PREFIX = Buffer.from([0x02, 0x42]);

/** The MAC of a container's interface: 02:42 and its IPv4 address. */
export function macOfAddress(address: Ip): Buffer {
  return Buffer.concat([PREFIX, toBytes(address).subarray(-4)]);
}

/** Of a container on a network whose addresses are handed out by MAC: the same each time it starts. */
export function macOfOwner(containerId: string, networkId: string): Buffer {
  return macOfName(`${containerId} ${networkId}`);
}

/** For an interface without an IPv4 address. */
export function randomMac(): Buffer {
  return Buffer.concat([PREFIX, randomBytes(4)]);
}

/** The MAC of a bridge: fixed, for a bridge without one of its own takes that of its lowest port and changes with it. */
export function macOfName(name: string): Buffer {
  return Buffer.concat([PREFIX, createHash('sha256').update(name).digest().subarray(0, 4)]);
}

/** Parses `aa:bb:cc:dd:ee:ff` (or with dashes). Throws `invalid`, also for multicast and zero, which no interface can have. */
export function parseMac(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll(/[:-]/g, ''), 'hex');
  const wellFormed = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text);
  const first = bytes[0] ?? 0;
  if (!wellFormed || (first & 1) === 1 || bytes.every((byte) => byte === 0)) {
    throw new TskerError('invalid', `invalid MAC address: ${JSON.stringify(text)}`);
  }
  return bytes;
}

export function formatMac(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
