// Messages of NETLINK_ROUTE: links, addresses, routes (rtnetlink(7)), encoded one function a request, and the dumps of them
// decoded. Every request asks for an acknowledgement, so that its sender learns the errno. Pure.
import { broadcastOf, type Cidr, type Family, fromBytes, type Ip, ipOf, toBytes } from '../address.ts';
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
const RTM = {
  ...{ NEWLINK: 16, DELLINK: 17, GETLINK: 18, NEWADDR: 20, GETADDR: 22 },
  ...{ NEWROUTE: 24, DELROUTE: 25, GETROUTE: 26 },
} as const;
const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  LINKINFO: 18,
  IFALIAS: 20,
  NET_NS_FD: 28,
  NEW_IFINDEX: 49,
  INFO_KIND: 1,
  INFO_DATA: 2,
  INFO_SLAVE_KIND: 4,
  INFO_SLAVE_DATA: 5,
} as const;
const BRPORT_MODE = 4;
const BRPORT_ISOLATED = 33;
/** IFALIASZ, and the NUL that the kernel adds. */
const ALIAS_MAX = 255;
const VLAN_ID = 1;
const MACVLAN_MODE = 1;
const IPVLAN_MODE = 1;
/** Values of macvlan's and ipvlan's modes (if_link.h). */
export const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
export const IPVLAN_MODES = { l2: 0, l3: 1, l3s: 2 } as const;
const VETH_INFO_PEER = 1;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const;
const RTA = { DST: 1, GATEWAY: 5, OIF: 4, TABLE: 15 } as const;
const IFF_UP = 1;
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

/** Deletes a link by its index. ENODEV when there is none. */
export function deleteLinkByIndex(index: number): Buffer {
  return encodeMessage({ type: RTM.DELLINK, flags: NLM.ACK }, [linkHeader({ index })]);
}

/** A note on a link that people see (`ip link`). */
export function setAlias(index: number, text: string): Buffer {
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK }, [
    linkHeader({ index }),
    attribute(IFLA.IFALIAS, Buffer.from(text).subarray(0, ALIAS_MAX)),
  ]);
}

/** Keeps a port of a bridge from reaching other such ports; the bridge itself it reaches. */
export function isolatePort(index: number): Buffer {
  return setPort(index, BRPORT_ISOLATED);
}

/** Lets a port of a bridge have back what came from it, when that was translated to be its own. */
export function reflectPort(index: number): Buffer {
  return setPort(index, BRPORT_MODE);
}

function setPort(index: number, attributeType: number): Buffer {
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK }, [
    linkHeader({ index }),
    nested(IFLA.LINKINFO, [
      textAttribute(IFLA.INFO_SLAVE_KIND, 'bridge'),
      nested(IFLA.INFO_SLAVE_DATA, [attribute(attributeType, Buffer.of(1))]),
    ]),
  ]);
}

/** An interface on another one, made in another namespace at once: that of the container. */
export interface SubinterfaceRequest {
  readonly kind: 'macvlan' | 'ipvlan';
  /** One of MACVLAN_MODES or IPVLAN_MODES. */
  readonly mode: number;
  /** Index of the interface below. */
  readonly parent: number;
  readonly name: string;
  readonly index: number;
  /** ipvlan shares its parent's. */
  readonly mac?: Uint8Array | undefined;
  readonly mtu?: number | undefined;
  /** A descriptor, in the sending process, of the namespace it shall be in. */
  readonly namespace: number;
}

export function createSubinterface(request: SubinterfaceRequest): Buffer {
  const mode = Buffer.alloc(request.kind === 'macvlan' ? 4 : 2);
  mode.writeUInt16LE(request.mode, 0);
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    linkHeader({ index: request.index }),
    textAttribute(IFLA.IFNAME, request.name),
    u32Attribute(IFLA.LINK, request.parent),
    ...(request.mac === undefined ? [] : [attribute(IFLA.ADDRESS, request.mac)]),
    ...(request.mtu === undefined ? [] : [u32Attribute(IFLA.MTU, request.mtu)]),
    u32Attribute(IFLA.NET_NS_FD, request.namespace),
    nested(IFLA.LINKINFO, [
      textAttribute(IFLA.INFO_KIND, request.kind),
      nested(IFLA.INFO_DATA, [attribute(request.kind === 'macvlan' ? MACVLAN_MODE : IPVLAN_MODE, mode)]),
    ]),
  ]);
}

export interface MoveRequest {
  /** Index of an interface that is there. */
  readonly source: number;
  /** What it is to be called, its index (Linux 5.12) and its address in the namespace. */
  readonly name: string;
  readonly index: number;
  readonly mac: Uint8Array;
  /** A descriptor, in the sending process. */
  readonly namespace: number;
}

export function moveLink({ source, name, index, mac, namespace }: MoveRequest): Buffer {
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK }, [
    linkHeader({ index: source }),
    textAttribute(IFLA.IFNAME, name),
    attribute(IFLA.ADDRESS, mac),
    u32Attribute(IFLA.NET_NS_FD, namespace),
    u32Attribute(IFLA.NEW_IFINDEX, index),
  ]);
}

/** A VLAN of an interface, up. */
export function createVlan(vlan: { name: string; parent: number; id: number }): Buffer {
  const id = Buffer.alloc(2);
  id.writeUInt16LE(vlan.id, 0);
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    linkHeader({ up: true }),
    textAttribute(IFLA.IFNAME, vlan.name),
    u32Attribute(IFLA.LINK, vlan.parent),
    nested(IFLA.LINKINFO, [textAttribute(IFLA.INFO_KIND, 'vlan'), nested(IFLA.INFO_DATA, [attribute(VLAN_ID, id)])]),
  ]);
}

/** An interface that leads nowhere, up. */
export function createDummy(name: string): Buffer {
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    linkHeader({ up: true }),
    textAttribute(IFLA.IFNAME, name),
    nested(IFLA.LINKINFO, [textAttribute(IFLA.INFO_KIND, 'dummy')]),
  ]);
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

export function dumpLinks(): Buffer {
  return encodeMessage({ type: RTM.GETLINK, flags: NLM.DUMP }, [linkHeader({})]);
}

export function dumpAddresses(): Buffer {
  return encodeMessage({ type: RTM.GETADDR, flags: NLM.DUMP }, [Buffer.alloc(8)]);
}

export function dumpRoutes(): Buffer {
  return encodeMessage({ type: RTM.GETROUTE, flags: NLM.DUMP }, [Buffer.alloc(12)]);
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
    const family = FAMILY_OF[payload[0] ?? 0];
    if (family === undefined || local === undefined) return [];
    return [{ index: payload.readUInt32LE(4), ...cidrOf(local, payload[1] ?? 0) }];
  });
}

/** Destinations of the main table; the default routes are 0.0.0.0/0 and ::/0. */
export function decodeRoutes(answer: Buffer): RouteFacts[] {
  return payloads(answer, RTM.NEWROUTE).flatMap((payload) => {
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
