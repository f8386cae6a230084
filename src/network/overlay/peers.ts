// From who is on a network elsewhere to what the kernel has to be told, and what to tell it when that changes. Pure.
//
// Frames to a known MAC go to its host alone; broadcasts, and what nobody has been told of yet, to every host that has somebody on
// the network. Questions for known addresses (ARP, neighbour discovery) the bridge answers itself.
import { type Ip, ipOf, parseAddress, parseCidr } from '../address.ts';
import { parseMac } from '../mac.ts';
import { addForward, addNeighbour, deleteForward, deleteNeighbour, FLOOD } from '../netlink/neighbour.ts';
import type { EndpointDocument } from './documents.ts';

/** Indexes of a network's interfaces on this host. */
export interface Device {
  readonly bridge: number;
  readonly vxlan: number;
}

/** One thing the kernel is told, and how to take it back. */
export interface Entry {
  readonly add: (device: Device) => readonly Buffer[];
  readonly remove: (device: Device) => readonly Buffer[];
}

/** By a text that is the same for the same entry. */
export type Entries = ReadonlyMap<string, Entry>;

/** Of the endpoints that are on other hosts. */
export function entriesOf(endpoints: readonly EndpointDocument[]): Entries {
  const entries = new Map<string, Entry>();
  for (const { vtep, mac, addresses } of endpoints) {
    const [remote, hardware] = [parseAddress(vtep), parseMac(mac)];
    entries.set(`host ${vtep}`, flood(remote));
    entries.set(`mac ${mac} ${vtep}`, unicast(hardware, remote));
    for (const address of addresses) {
      entries.set(`address ${address} ${mac}`, neighbour(ipOf(parseCidr(address)), hardware));
    }
  }
  return entries;
}

/** What goes, before what comes: an address that moved is one thing less, then one more. */
export function difference(before: Entries, after: Entries): { readonly gone: Entry[]; readonly come: Entry[] } {
  const missing = (from: Entries, other: Entries): Entry[] =>
    [...from].flatMap(([key, entry]) => (other.has(key) ? [] : [entry]));
  return { gone: missing(before, after), come: missing(after, before) };
}

function flood(remote: Ip): Entry {
  return {
    add: ({ vxlan }) => [addForward({ index: vxlan, mac: FLOOD, remote })],
    remove: ({ vxlan }) => [deleteForward({ index: vxlan, mac: FLOOD, remote })],
  };
}

/** In the tunnel: to which host; on the bridge: through the tunnel. */
function unicast(mac: Buffer, remote: Ip): Entry {
  return {
    add: ({ vxlan }) => [addForward({ index: vxlan, mac, remote }), addForward({ index: vxlan, mac })],
    remove: ({ vxlan }) => [deleteForward({ index: vxlan, mac }), deleteForward({ index: vxlan, mac, remote })],
  };
}

function neighbour(address: Ip, mac: Buffer): Entry {
  return {
    add: ({ bridge }) => [addNeighbour({ index: bridge, address, mac })],
    remove: ({ bridge }) => [deleteNeighbour({ index: bridge, address })],
  };
}
