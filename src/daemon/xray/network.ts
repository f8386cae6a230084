// The network of a process as netlink tells it: its links with their ends on the host, addresses, routes, and the rules of nf_tables
// that name any of it. Asked in its namespace and in ours; nothing of it is remembered.
import { NETLINK_ROUTE } from '../../native/linux.ts';
import type { Native } from '../../native/native.ts';
import { contains, formatCidr, ipOf } from '../../network/address.ts';
import { dumpLinks } from '../../network/netlink/link.ts';
import { type AddressFacts, decodeAddresses, dumpAddresses, dumpRoutes } from '../../network/netlink/route.ts';
import { decodeLinkSights, decodeRouteSights, type LinkSight, type RouteSight } from '../../network/netlink/sight.ts';
import { NETLINK_NETFILTER } from '../../network/nftables/message.ts';
import { decodeRules, dumpAllRules, type RuleWords } from '../../network/nftables/words.ts';
import { openNetlinkIn } from '../../runtime/inprocess/netlink-in.ts';
import type { XrayLink, XrayNetwork, XrayRule } from '../../types/xray.ts';
import { TskerError } from '../../util/errors.ts';

const ATTEMPTS = 20;

export async function readNetwork(native: Native, pid: number, isHost: boolean): Promise<XrayNetwork> {
  if (isHost) return { host: true, links: [], routes: [], rules: [] };
  const socket = await openNetlinkIn(native, pid);
  const host = native.netlinkOpen(NETLINK_ROUTE);
  try {
    return describeNetwork({
      links: decodeLinkSights(dump(native, socket, dumpLinks())),
      addresses: decodeAddresses(dump(native, socket, dumpAddresses())),
      routes: decodeRouteSights(dump(native, socket, dumpRoutes())),
      hostLinks: decodeLinkSights(dump(native, host, dumpLinks())),
      rules: native.features.nftables ? readRules(native) : [],
    });
  } finally {
    native.close(socket);
    native.close(host);
  }
}

function readRules(native: Native): RuleWords[] {
  const socket = native.netlinkOpen(NETLINK_NETFILTER);
  try {
    return decodeRules(dump(native, socket, dumpAllRules()));
  } finally {
    native.close(socket);
  }
}

/** A list that changed while it was read is read again. */
function dump(native: Native, socket: number, request: Buffer): Buffer {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return native.netlinkCall(socket, request);
    } catch (error) {
      if (!(error instanceof TskerError) || error.errno !== 'EINTR' || attempt === ATTEMPTS) throw error;
    }
  }
}

export interface NetworkSight {
  readonly links: readonly LinkSight[];
  readonly addresses: readonly AddressFacts[];
  readonly routes: readonly RouteSight[];
  readonly hostLinks: readonly LinkSight[];
  readonly rules: readonly RuleWords[];
}

/** Pure. */
export function describeNetwork({ links, addresses, routes, hostLinks, rules }: NetworkSight): XrayNetwork {
  const described = links.map((link) => describeLink(link, addresses, hostLinks));
  const ends = described.flatMap(({ peer }) => (peer === undefined ? [] : [peer.name, peer.bridge ?? peer.name]));
  const nameOf = new Map(links.map(({ index, name }) => [index, name]));
  return {
    host: false,
    links: described,
    routes: routes.map(({ destination, gateway, link }) => ({
      destination,
      ...(gateway === undefined ? {} : { gateway }),
      ...(link === undefined ? {} : { link: nameOf.get(link) ?? String(link) }),
    })),
    rules: concerning(rules, { ends, addresses: addresses.filter(({ index }) => index !== LOOPBACK) }).map(
      describeRule,
    ),
  };
}

const LOOPBACK = 1;

function describeLink(
  { index, name, kind, up, mac, mtu, peer }: LinkSight,
  addresses: readonly AddressFacts[],
  hostLinks: readonly LinkSight[],
): XrayLink {
  // A veth's other end names this one: indexes are of their own namespaces, and may be the same by chance.
  const other =
    kind === 'veth'
      ? hostLinks.find((one) => one.index === peer && one.kind === 'veth' && one.peer === index)
      : undefined;
  const bridge = other?.master === undefined ? undefined : hostLinks.find((one) => one.index === other.master)?.name;
  return {
    index,
    name,
    ...(kind === undefined ? {} : { kind }),
    up,
    ...(mac === undefined ? {} : { mac }),
    mtu,
    addresses: addresses.filter((one) => one.index === index).map(formatCidr),
    ...(other === undefined
      ? {}
      : { peer: { index: other.index, name: other.name, ...(bridge === undefined ? {} : { bridge }) } }),
  };
}

/** Those that name it, and in their tables those that name nobody: every packet meets them. */
function concerning(
  rules: readonly RuleWords[],
  { ends, addresses }: { readonly ends: readonly string[]; readonly addresses: readonly AddressFacts[] },
): RuleWords[] {
  const names = (rule: RuleWords): boolean =>
    rule.interfaces.some((name) => ends.includes(name)) ||
    rule.networks.some((network) =>
      addresses.some(
        (one) => one.family === network.family && network.prefixLength > 0 && contains(network, ipOf(one)),
      ),
    );
  const tableOf = ({ family, table }: RuleWords): string => `${family} ${table}`;
  const tables = new Set(rules.filter(names).map(tableOf));
  const general = (rule: RuleWords): boolean => rule.interfaces.length === 0 && rule.networks.length === 0;
  return rules.filter((rule) => names(rule) || (general(rule) && tables.has(tableOf(rule))));
}

function describeRule({ family, table, chain, handle, text, comment }: RuleWords): XrayRule {
  return { family, table, chain, handle, text, ...(comment === undefined ? {} : { comment }) };
}
