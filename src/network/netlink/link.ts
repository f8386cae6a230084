// Messages of NETLINK_ROUTE about links (rtnetlink(7)): bridges, veths, interfaces on others, encoded one function a request, and
// their dump decoded. Every request asks for an acknowledgement, so that its sender learns the errno. Pure.
import {
  attribute,
  decodeAttributes,
  decodeText,
  encodeMessage,
  NLM,
  nested,
  payloadsOf,
  textAttribute,
  u32Attribute,
} from './message.ts';

/** The loopback interface of every network namespace (LOOPBACK_IFINDEX, include/net/flow.h). */
export const LOOPBACK_INDEX = 1;

// include/uapi/linux/rtnetlink.h, if_link.h, veth.h, if.h
const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18 } as const;
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
const BRPORT_NEIGH_SUPPRESS = 32;
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
const IFF_UP = 1;

export interface LinkFacts {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly kind: string | undefined;
  readonly master: number | undefined;
  readonly mac: Buffer | undefined;
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

/** An interface goes down: whatever is behind it is cut off. */
export function setLinkDown(index: number): Buffer {
  const header = linkHeader({ index });
  header.writeUInt32LE(IFF_UP, 12);
  return encodeMessage({ type: RTM.NEWLINK, flags: NLM.ACK }, [header]);
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

/** The bridge answers for neighbours behind this port that it has been told of, and asks no others there. */
export function suppressNeighbours(index: number): Buffer {
  return setPort(index, BRPORT_NEIGH_SUPPRESS);
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

export function dumpLinks(): Buffer {
  return encodeMessage({ type: RTM.GETLINK, flags: NLM.DUMP }, [linkHeader({})]);
}

export function decodeLinks(answer: Buffer): LinkFacts[] {
  return payloadsOf(answer, RTM.NEWLINK).map((payload) => {
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

/** struct ifinfomsg, which every message about a link starts with. */
export function linkHeader({ up = false, index = 0 }: { up?: boolean; index?: number }): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(up ? IFF_UP : 0, 8);
  header.writeUInt32LE(up ? IFF_UP : 0, 12);
  return header;
}
