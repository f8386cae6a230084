// The bridge on the host: found or made when the daemon starts, with its address. Containers hang on it by bridge.ts.

import { ERRNO } from '../native/errno.ts';
import type { Ledger } from '../store/ledger.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { broadcastOf, type Cidr, formatCidr, networkOf, overlaps, parseCidr } from './address.ts';
import { type Kernel, routeOp } from './kernel.ts';
import { macOfName } from './mac.ts';
import { createBridge, deleteLink, type LinkFacts, setLinkUp } from './netlink/link.ts';
import { addAddress } from './netlink/route.ts';
import { type AddressPool, collides, freeSubnet, obstacle } from './subnet.ts';

/** Owner, in the ledger, of what belongs to the engine itself. */
export const LEDGER_OWNER = 'daemon';

/** And of what belongs to one of its networks. */
export function networkOwner(id: string): string {
  return `network/${id}`;
}

const LEDGER_KIND = 'bridge';

const MIN_MTU = 68;
const MAX_MTU = 65_535;
/** "This" network, loopback, multicast and above. */
const UNUSABLE: readonly Cidr[] = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3'].map(parseCidr);

export interface BridgeRequest {
  readonly kernel: Kernel;
  readonly ledger: Pick<Ledger, 'record' | 'list'>;
  /** In the ledger. */
  readonly owner: string;
  readonly name: string;
  /** --bip, or the gateway of a network: the bridge's address and its length; undefined: one is chosen. */
  readonly wanted: Cidr | undefined;
  /** The address it had the last time: kept when nothing else was asked for and the host still has room for it. */
  readonly previous: Cidr | undefined;
  readonly mtu: number | undefined;
  readonly pools: readonly AddressPool[];
  /** No IPv4 address: of a network that has IPv6 alone. */
  readonly bare?: boolean;
}

export interface BridgeLink {
  readonly index: number;
  /** Its IPv4 address. */
  readonly cidr: Cidr | undefined;
}

/**
 * The bridge, up and with its address. One that a daemon killed before left is taken over; one that somebody else made is used as
 * it is, and never deleted. Throws `conflict` when it cannot be what was asked for.
 */
export function prepareBridge(request: BridgeRequest): BridgeLink {
  const link = request.kernel.links().find(({ name }) => name === request.name);
  if (link === undefined) return makeBridge(request);
  if (link.kind !== 'bridge') throw new TskerError('conflict', `interface ${request.name} exists and is no bridge`);
  const cidr = addressOf(request, link);
  if (cidr === undefined && request.bare !== true) return replaceBridge(request, link);
  if (!link.up) request.kernel.route(setLinkUp(link.index));
  return { index: link.index, cidr };
}

/** The existing bridge's address that will do, if any. */
function addressOf({ kernel, wanted }: BridgeRequest, link: LinkFacts): Cidr | undefined {
  return kernel
    .addresses()
    .filter(({ index, family }) => index === link.index && family === 4)
    .find((found) => wanted === undefined || formatCidr(found) === formatCidr(wanted));
}

/** A bridge of ours with another address, or none yet, is made anew; of somebody else's nothing is changed. */
function replaceBridge(request: BridgeRequest, link: LinkFacts): BridgeLink {
  const { name, wanted, kernel } = request;
  const ours = request.ledger.list().some(({ kind, subject }) => kind === LEDGER_KIND && subject === name);
  if (!ours) {
    const asked = wanted === undefined ? 'an IPv4 address' : `the address ${formatCidr(wanted)}`;
    throw new TskerError('conflict', `bridge ${name} exists, was not made by this daemon, and does not have ${asked}`, {
      hint: `give it one, or choose another --bridge`,
    });
  }
  kernel.route(deleteLink(link.name));
  return makeBridge(request);
}

function makeBridge(request: BridgeRequest): BridgeLink {
  const { kernel, ledger, owner, name, mtu } = request;
  const cidr = request.bare === true ? undefined : chooseSubnet(request);
  const known = ledger.list().some(({ kind, subject }) => kind === LEDGER_KIND && subject === name);
  if (!known) ledger.record(owner, LEDGER_KIND, name, [{ ...routeOp([deleteLink(name)]), tolerate: ERRNO.ENODEV }]);
  kernel.route(createBridge({ name, mac: macOfName(name), mtu }));
  const index = kernel.links().find((link) => link.name === name)?.index;
  if (index === undefined) throw new TskerError('internal', `bridge ${name} vanished while it was being made`);
  if (cidr !== undefined) kernel.route(addAddress(index, cidr));
  return { index, cidr };
}

function chooseSubnet({ kernel, name, wanted, previous, pools }: BridgeRequest): Cidr {
  const addresses = kernel.addresses();
  const taken = [...addresses, ...kernel.routes()];
  if (wanted !== undefined) {
    const hit = obstacle(wanted, taken);
    if (hit === undefined) return wanted;
    throw new TskerError(
      'conflict',
      `${formatCidr(wanted)} cannot be the address of bridge ${name}: the host already uses ${formatCidr(hit)}`,
      {
        hint: 'another daemon on the same subnet? choose another --bip',
      },
    );
  }
  if (previous !== undefined && !collides(previous, taken)) return previous;
  const free = freeSubnet(
    taken,
    pools.filter(({ base }) => base.family === 4),
  );
  if (free !== undefined) return free;
  throw new TskerError(
    'unavailable',
    'every default subnet (172.17-31.0.0/16, 192.168.0.0/16) is in use on this host',
    {
      hint: 'choose one with --bip',
    },
  );
}

/** Parses --bip: an address a bridge can have. Throws `invalid`. */
export function parseBip(text: string): Cidr {
  const cidr = cidrOf(text);
  const usable = cidr.prefixLength >= 8 && cidr.prefixLength <= 30;
  const isHost = cidr.address !== networkOf(cidr).value && cidr.address !== broadcastOf(cidr).value;
  if (cidr.family !== 4 || !usable || !isHost) {
    throw new TskerError('invalid', `--bip ${text}: not the address of a host in a network between /8 and /30`);
  }
  if (UNUSABLE.some((network) => overlaps(cidr, network))) {
    throw new TskerError('invalid', `--bip ${text}: neither loopback nor multicast addresses can be a bridge's`);
  }
  return cidr;
}

function cidrOf(text: string): Cidr {
  try {
    return parseCidr(text);
  } catch (cause) {
    const hint = 'it is the address of the bridge and the length of its network, like 172.30.0.1/16';
    throw new TskerError('invalid', `--bip ${text}: ${messageOf(cause)}`, { cause, hint });
  }
}

/** Checks --mtu: what IPv4 needs at least (RFC 791) and a bridge takes at most. Throws `invalid`. */
export function checkMtu(mtu: number | undefined): number | undefined {
  if (mtu === undefined || (mtu >= MIN_MTU && mtu <= MAX_MTU)) return mtu;
  throw new TskerError('invalid', `--mtu ${mtu}: not between ${MIN_MTU} and ${MAX_MTU}`);
}
