// Messages of NETLINK_ROUTE about addresses and routes (rtnetlink(7)), encoded one function a request, and the dumps of them
// decoded. Every request asks for an acknowledgement, so that its sender learns the errno. Pure.
import { broadcastOf, type Cidr, type Family, fromBytes, type Ip, ipOf, toBytes } from '../address.ts';
import { attribute, decodeAttributes, encodeMessage, NLM, payloadsOf, u32Attribute } from './message.ts';

// include/uapi/linux/rtnetlink.h, if_addr.h
const RTM = { NEWADDR: 20, GETADDR: 22, NEWROUTE: 24, DELROUTE: 25, GETROUTE: 26 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const;
const RTA = { DST: 1, GATEWAY: 5, OIF: 4, TABLE: 15 } as const;
const AF = { 4: 2, 6: 10 } as const;
const FAMILY_OF: Readonly<Record<number, Family>> = { 2: 4, 10: 6 };
/** No duplicate address detection: the address is usable at once, and ours to know. */
const IFA_F_NODAD = 2;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
/** In a deletion: whatever scope it has. */
const RT_SCOPE_NOWHERE = 255;
const RTN_UNICAST = 1;

export interface AddressFacts extends Cidr {
  readonly index: number;
}

export interface RouteFacts extends Cidr {
  readonly outputIndex: number | undefined;
}

/** Gives an interface an address; the kernel adds the route to its network. EEXIST when it has it. */
export function addAddress(index: number, cidr: Cidr): Buffer {
  const flags = cidr.family === 6 ? IFA_F_NODAD : 0;
  const header = Buffer.from([AF[cidr.family], cidr.prefixLength, flags, RT_SCOPE_UNIVERSE, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  const address = toBytes(ipOf(cidr));
  return encodeMessage({ type: RTM.NEWADDR, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    header,
    attribute(IFA.LOCAL, address),
    attribute(IFA.ADDRESS, address),
    ...(cidr.family === 4 ? [attribute(IFA.BROADCAST, toBytes(broadcastOf(cidr)))] : []),
  ]);
}

/** The default route by a gateway that an interface reaches directly. */
export function addDefaultRoute(gateway: Ip): Buffer {
  return encodeMessage({ type: RTM.NEWROUTE, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    routeHeader(gateway.family, RT_SCOPE_UNIVERSE),
    attribute(RTA.GATEWAY, toBytes(gateway)),
  ]);
}

/** A default route by an interface itself, without a gateway. */
export function addDeviceRoute(family: Family, index: number): Buffer {
  return encodeMessage({ type: RTM.NEWROUTE, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    routeHeader(family, RT_SCOPE_LINK),
    u32Attribute(RTA.OIF, index),
  ]);
}

/** Takes the default route of the main table away. ESRCH when there is none. */
export function deleteDefaultRoute(family: Family): Buffer {
  return encodeMessage({ type: RTM.DELROUTE, flags: NLM.ACK }, [routeHeader(family, RT_SCOPE_NOWHERE)]);
}

/** struct rtmsg of a default route of the main table. */
function routeHeader(family: Family, scope: number): Buffer {
  return Buffer.from([AF[family], 0, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, scope, RTN_UNICAST, 0, 0, 0, 0]);
}

export function dumpAddresses(): Buffer {
  return encodeMessage({ type: RTM.GETADDR, flags: NLM.DUMP }, [Buffer.alloc(8)]);
}

export function dumpRoutes(): Buffer {
  return encodeMessage({ type: RTM.GETROUTE, flags: NLM.DUMP }, [Buffer.alloc(12)]);
}

export function decodeAddresses(answer: Buffer): AddressFacts[] {
  return payloadsOf(answer, RTM.NEWADDR).flatMap((payload) => {
    const attributes = decodeAttributes(payload.subarray(8));
    const local = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
    const family = FAMILY_OF[payload[0] ?? 0];
    if (family === undefined || local === undefined) return [];
    return [{ index: payload.readUInt32LE(4), ...cidrOf(local, payload[1] ?? 0) }];
  });
}

/** Destinations of the main table; the default routes are 0.0.0.0/0 and ::/0. */
export function decodeRoutes(answer: Buffer): RouteFacts[] {
  return payloadsOf(answer, RTM.NEWROUTE).flatMap((payload) => {
    const attributes = decodeAttributes(payload.subarray(12));
    const table = attributes.get(RTA.TABLE)?.readUInt32LE(0) ?? payload[4];
    const family = FAMILY_OF[payload[0] ?? 0];
    if (family === undefined || table !== RT_TABLE_MAIN) return [];
    const destination = attributes.get(RTA.DST) ?? Buffer.alloc(family === 4 ? 4 : 16);
    return [{ ...cidrOf(destination, payload[1] ?? 0), outputIndex: attributes.get(RTA.OIF)?.readUInt32LE(0) }];
  });
}

function cidrOf(bytes: Buffer, prefixLength: number): Cidr {
  const { family, value } = fromBytes(bytes);
  return { family, address: value, prefixLength };
}
