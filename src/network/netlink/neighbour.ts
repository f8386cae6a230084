// Messages of NETLINK_ROUTE about neighbours: who has an address (ARP, neighbour discovery), and behind what a MAC is, for bridges
// and tunnels (include/uapi/linux/neighbour.h). Pure.
import { type Ip, toBytes } from '../address.ts';
import { attribute, encodeMessage, NLM } from './message.ts';

const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const NDA = { DST: 1, LLADDR: 2 } as const;
const AF_BRIDGE = 7;
const AF = { 4: 2, 6: 10 } as const;
/** The entry is the interface's own, or that of the bridge which it is a port of. */
const NTF_SELF = 0x02;
const NTF_MASTER = 0x04;
/** Nobody has to confirm it and it never grows old. */
const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;
const NLM_F_REPLACE = 0x100;

/** In a tunnel: whom broadcasts and frames to unknown addresses go to; there may be several. */
export const FLOOD: Uint8Array = new Uint8Array(6);

export interface Forward {
  /** Of the tunnel's interface. */
  readonly index: number;
  readonly mac: Uint8Array;
  /** The host on whose end of the tunnel it is; undefined: the entry is the bridge's, which leads to this port. */
  readonly remote?: Ip;
}

export function addForward(forward: Forward): Buffer {
  const several = forward.mac === FLOOD ? NLM.APPEND : NLM_F_REPLACE;
  return forwardMessage(RTM_NEWNEIGH, NLM.CREATE | several, forward);
}

/** ENOENT when there is none. */
export function deleteForward(forward: Forward): Buffer {
  return forwardMessage(RTM_DELNEIGH, 0, forward);
}

function forwardMessage(type: number, flags: number, { index, mac, remote }: Forward): Buffer {
  const [state, whose] = remote === undefined ? [NUD_NOARP, NTF_MASTER] : [NUD_PERMANENT, NTF_SELF];
  return encodeMessage({ type, flags: NLM.ACK | flags }, [
    header({ family: AF_BRIDGE, index, state, flags: whose }),
    attribute(NDA.LLADDR, mac),
    ...(remote === undefined ? [] : [attribute(NDA.DST, toBytes(remote))]),
  ]);
}

export interface Neighbour {
  readonly index: number;
  readonly address: Ip;
}

/** For good, whatever was known of the address before. */
export function addNeighbour({ index, address, mac }: Neighbour & { readonly mac: Uint8Array }): Buffer {
  return encodeMessage({ type: RTM_NEWNEIGH, flags: NLM.ACK | NLM.CREATE | NLM_F_REPLACE }, [
    header({ family: AF[address.family], index, state: NUD_PERMANENT, flags: 0 }),
    attribute(NDA.DST, toBytes(address)),
    attribute(NDA.LLADDR, mac),
  ]);
}

/** ENOENT when there is none. */
export function deleteNeighbour({ index, address }: Neighbour): Buffer {
  return encodeMessage({ type: RTM_DELNEIGH, flags: NLM.ACK }, [
    header({ family: AF[address.family], index, state: 0, flags: 0 }),
    attribute(NDA.DST, toBytes(address)),
  ]);
}

/** struct ndmsg. */
function header(entry: { family: number; index: number; state: number; flags: number }): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt8(entry.family, 0);
  bytes.writeInt32LE(entry.index, 4);
  bytes.writeUInt16LE(entry.state, 8);
  bytes.writeUInt8(entry.flags, 10);
  return bytes;
}
