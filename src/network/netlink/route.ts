// Messages of NETLINK_ROUTE: links, addresses, routes (rtnetlink(7)), encoded one function a request, and the dumps of them
// decoded. Every request asks for an acknowledgement, so that its sender learns the errno. Pure.
import { broadcastOf, type Cidr, fromBytes, toBytes } from '../address.ts';
import {
  attribute,
  decodeAttributes,
  decodeMessages,
  decodeText,
  encodeMessage,
  NLM,
  nested,
  textAttribute,
  u32Attribute,
} from './message.ts';

/** Protocol number of the socket. */
export const NETLINK_ROUTE = 0;

/** The loopback interface of every network namespace (LOOPBACK_IFINDEX, include/net/flow.h). */
export const LOOPBACK_INDEX = 1;

// include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h, veth.h, if.h
const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, NEWADDR: 20, GETADDR: 22, NEWROUTE: 24, GETROUTE: 26 } as const;
const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  MASTER: 10,
  LINKINFO: 18,
  NET_NS_FD: 28,
  INFO_KIND: 1,
  INFO_DATA: 2,
} as const;
const VETH_INFO_PEER = 1;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const;
const RTA = { DST: 1, GATEWAY: 5, OIF: 4, TABLE: 15 } as const;
const IFF_UP = 1;
const AF_INET = 2;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE_UNIVERSE = 0;
const RTN_UNICAST = 1;

export interface LinkFacts {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly kind: string | undefined;
  readonly master: number | undefined;
  readonly mac: Buffer | undefined;
}

export interface AddressFacts extends Cidr {
  readonly index: number;
}

export interface RouteFacts extends Cidr {
  readonly outputIndex: number | undefined;
}

/** A bridge that is up. Fails with EEXIST when the name is taken. */
export function createBridge(bridge: { name: string; mac: Uint8Array; mtu?: number | undefined }): Buffer {
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    linkHeader({ up: true }),
    textAttribute(IFLA.IFNAME, bridge.name),
    attribute(IFLA.ADDRESS, bridge.mac),
    ...(bridge.mtu === undefined ? [] : [u32Attribute(IFLA.MTU, bridge.mtu)]),
    nested(IFLA.LINKINFO, [textAttribute(IFLA.INFO_KIND, 'bridge')]),
  ]);
}

export interface VethRequest {
  readonly name: string;
  /** Of the bridge it hangs on. */
  readonly master: number;
  readonly peerName: string;
  readonly peerMac: Uint8Array;
  /** A descriptor, in the sending process, of the namespace where the peer shall be. */
  readonly peerNamespace: number;
  /** Index of both ends: the kernel gives the peer the one asked for only when this end asks too (veth_newlink). */
  readonly index: number;
  readonly mtu?: number | undefined;
}

/**
 * A veth pair in one message: this end on the bridge and up, the other in another namespace. That one has to be set up there
 * afterwards: up at birth it is refused with ENOTCONN, for it is configured before the two are joined.
 */
export function createVeth(veth: VethRequest): Buffer {
  const mtu = veth.mtu === undefined ? [] : [u32Attribute(IFLA.MTU, veth.mtu)];
  const peer = Buffer.concat([
    linkHeader({ index: veth.index }),
    textAttribute(IFLA.IFNAME, veth.peerName),
    attribute(IFLA.ADDRESS, veth.peerMac),
    ...mtu,
    u32Attribute(IFLA.NET_NS_FD, veth.peerNamespace),
  ]);
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    linkHeader({ up: true, index: veth.index }),
    textAttribute(IFLA.IFNAME, veth.name),
    u32Attribute(IFLA.MASTER, veth.master),
    ...mtu,
    nested(IFLA.LINKINFO, [
      textAttribute(IFLA.INFO_KIND, 'veth'),
      nested(IFLA.INFO_DATA, [attribute(VETH_INFO_PEER, peer)]),
    ]),
  ]);
}

export function setLinkUp(index: number): Buffer {
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK }, [linkHeader({ up: true, index })]);
}

/** Deletes a link by name. ENODEV when there is none. Not for veths: they go with their namespace (NATIVE.md). */
export function deleteLink(name: string): Buffer {
  return encodeMessage({ type: RTM.DELLINK, flags: NLM.ACK }, [linkHeader({}), textAttribute(IFLA.IFNAME, name)]);
}

/** Gives an interface an address; the kernel adds the route to its network. EEXIST when it has it. */
export function addAddress(index: number, cidr: Cidr): Buffer {
  const header = Buffer.from([AF_INET, cidr.prefixLength, 0, RT_SCOPE_UNIVERSE, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  return encodeMessage({ type: RTM.NEWADDR, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    header,
    attribute(IFA.LOCAL, toBytes(cidr.address)),
    attribute(IFA.ADDRESS, toBytes(cidr.address)),
    attribute(IFA.BROADCAST, toBytes(broadcastOf(cidr))),
  ]);
}

/** The default route by a gateway that an interface reaches directly. */
export function addDefaultRoute(gateway: number): Buffer {
  const header = Buffer.from([
    AF_INET,
    0,
    0,
    0,
    RT_TABLE_MAIN,
    RTPROT_BOOT,
    RT_SCOPE_UNIVERSE,
    RTN_UNICAST,
    0,
    0,
    0,
    0,
  ]);
  return encodeMessage({ type: RTM.NEWROUTE, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    header,
    attribute(RTA.GATEWAY, toBytes(gateway)),
  ]);
}

export function dumpLinks(): Buffer {
  return encodeMessage({ type: RTM.GETLINK, flags: NLM.DUMP }, [linkHeader({})]);
}

export function dumpAddresses(): Buffer {
  return encodeMessage({ type: RTM.GETADDR, flags: NLM.DUMP }, [Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0])]);
}

export function dumpRoutes(): Buffer {
  return encodeMessage({ type: RTM.GETROUTE, flags: NLM.DUMP }, [
    Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]);
}

export function decodeLinks(answer: Buffer): LinkFacts[] {
  return payloads(answer, RTM.NEWLINK).map((payload) => {
    const attributes = decodeAttributes(payload.subarray(16));
    const info = decodeAttributes(attributes.get(IFLA.LINKINFO) ?? Buffer.alloc(0));
    const kind = info.get(IFLA.INFO_KIND);
    return {
      index: payload.readInt32LE(4),
      name: decodeText(attributes.get(IFLA.IFNAME) ?? Buffer.alloc(0)),
      up: (payload.readUInt32LE(8) & IFF_UP) !== 0,
      kind: kind === undefined ? undefined : decodeText(kind),
      master: attributes.get(IFLA.MASTER)?.readUInt32LE(0),
      mac: attributes.get(IFLA.ADDRESS),
    };
  });
}

export function decodeAddresses(answer: Buffer): AddressFacts[] {
  return payloads(answer, RTM.NEWADDR).flatMap((payload) => {
    const attributes = decodeAttributes(payload.subarray(8));
    const local = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
    if (payload[0] !== AF_INET || local === undefined) return [];
    return [{ index: payload.readUInt32LE(4), address: fromBytes(local), prefixLength: payload[1] ?? 0 }];
  });
}

/** Destinations of the main table; the default route is 0.0.0.0/0. */
export function decodeRoutes(answer: Buffer): RouteFacts[] {
  return payloads(answer, RTM.NEWROUTE).flatMap((payload) => {
    const attributes = decodeAttributes(payload.subarray(12));
    const table = attributes.get(RTA.TABLE)?.readUInt32LE(0) ?? payload[4];
    if (payload[0] !== AF_INET || table !== RT_TABLE_MAIN) return [];
    const destination = attributes.get(RTA.DST);
    return [
      {
        address: destination === undefined ? 0 : fromBytes(destination),
        prefixLength: payload[1] ?? 0,
        outputIndex: attributes.get(RTA.OIF)?.readUInt32LE(0),
      },
    ];
  });
}

/** struct ifinfomsg. */
function linkHeader({ up = false, index = 0 }: { up?: boolean; index?: number }): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(up ? IFF_UP : 0, 8);
  header.writeUInt32LE(up ? IFF_UP : 0, 12);
  return header;
}

function payloads(answer: Buffer, type: number): Buffer[] {
  return decodeMessages(answer).flatMap((message) => (message.type === type ? [message.payload] : []));
}
