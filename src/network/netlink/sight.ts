// What people want to know of a namespace's links and routes, out of the dumps of rtnetlink. Pure bytes; the facts that the engine
// itself works with are link.ts's and route.ts's.
import { type Family, formatAddress, fromBytes } from '../address.ts';
import { decodeAttributes, decodeText, payloadsOf } from './message.ts';

const RTM_NEWLINK = 16;
const RTM_NEWROUTE = 24;
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, MASTER: 10, LINKINFO: 18, INFO_KIND: 1 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, TABLE: 15 } as const;
const IFF_UP = 1;
const RT_TABLE_MAIN = 254;
const FAMILY_OF: Readonly<Record<number, Family>> = { 2: 4, 10: 6 };

export interface LinkSight {
  readonly index: number;
  readonly name: string;
  readonly kind: string | undefined;
  readonly up: boolean;
  /** Undefined for links without (loopback has zeros). */
  readonly mac: string | undefined;
  readonly mtu: number;
  /** Of a pair: the index of the other end, in its own namespace. */
  readonly peer: number | undefined;
  readonly master: number | undefined;
}

export function decodeLinkSights(answer: Buffer): LinkSight[] {
  return payloadsOf(answer, RTM_NEWLINK).map((payload) => {
    const attributes = decodeAttributes(payload.subarray(16));
    const kind = decodeAttributes(attributes.get(IFLA.LINKINFO) ?? Buffer.alloc(0)).get(IFLA.INFO_KIND);
    const mac = attributes.get(IFLA.ADDRESS);
    return {
      index: payload.readInt32LE(4),
      name: decodeText(attributes.get(IFLA.IFNAME) ?? Buffer.alloc(0)),
      kind: kind === undefined ? undefined : decodeText(kind),
      up: (payload.readUInt32LE(8) & IFF_UP) !== 0,
      mac: mac === undefined || mac.every((byte) => byte === 0) ? undefined : macText(mac),
      mtu: attributes.get(IFLA.MTU)?.readUInt32LE(0) ?? 0,
      peer: attributes.get(IFLA.LINK)?.readUInt32LE(0),
      master: attributes.get(IFLA.MASTER)?.readUInt32LE(0),
    };
  });
}

function macText(mac: Buffer): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

export interface RouteSight {
  /** `default` or with its prefix length. */
  readonly destination: string;
  readonly gateway: string | undefined;
  readonly link: number | undefined;
}

/** Of the main table. */
export function decodeRouteSights(answer: Buffer): RouteSight[] {
  return payloadsOf(answer, RTM_NEWROUTE).flatMap((payload) => {
    const attributes = decodeAttributes(payload.subarray(12));
    const table = attributes.get(RTA.TABLE)?.readUInt32LE(0) ?? payload[4];
    if (FAMILY_OF[payload[0] ?? 0] === undefined || table !== RT_TABLE_MAIN) return [];
    const destination = attributes.get(RTA.DST);
    const gateway = attributes.get(RTA.GATEWAY);
    return [
      {
        destination: destination === undefined ? 'default' : `${formatAddress(fromBytes(destination))}/${payload[1]}`,
        gateway: gateway === undefined ? undefined : formatAddress(fromBytes(gateway)),
        link: attributes.get(RTA.OIF)?.readUInt32LE(0),
      },
    ];
  });
}
