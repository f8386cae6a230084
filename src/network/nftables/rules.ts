// The firewall of all bridges of one daemon: a table of our own for each address family, replaced as a whole in one transaction,
// never a rule in anyone else's. A `drop` elsewhere still drops (every table has its say); that is not ours to alter.
import type { Cidr, Ip } from '../address.ts';
import type { Protocol } from '../protocols.ts';
import {
  count,
  masquerade,
  matchInterface,
  matchNetwork,
  matchPort,
  matchProtocol,
  matchState,
  verdict,
} from './expressions.ts';
import { batch, deleteTable, newChain, newRule, newTable, PRIORITIES, type Table } from './message.ts';
import {
  addTranslations,
  fromLoopback,
  hairpin,
  type PublishingRules,
  publishingRules,
  type Translation,
} from './published.ts';

/** The default bridge, whose table is called plain `tsker`. */
const DEFAULT_BRIDGE = 'tsker0';

/** Two daemons side by side have tables each, told apart by their default bridges. */
export function tableName(bridge: string): string {
  return bridge === DEFAULT_BRIDGE ? 'tsker' : `tsker-${bridge}`;
}

/** What one bridge network wants of the firewall. */
export interface BridgeRules {
  /** The interface. */
  readonly bridge: string;
  /** Of both families. */
  readonly subnets: readonly Cidr[];
  readonly masquerade: boolean;
  /** Nothing leaves it, nothing comes in. */
  readonly internal: boolean;
  /** Containers on it reach each other. */
  readonly icc: boolean;
  /** What they reach nevertheless, without icc. */
  readonly links?: readonly LinkRule[];
}

/** A port of a container that another one may reach, both of IPv4. */
export interface LinkRule {
  readonly from: Ip;
  readonly to: Ip;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface TableContents {
  readonly bridges: readonly BridgeRules[];
  /** Undefined: the kernel lacks what it takes (maps, `fib`). */
  readonly publishing: Publishing | undefined;
}

export interface Publishing extends Pick<PublishingRules, 'loopback'> {
  readonly translations: readonly Translation[];
}

type Phrases = readonly Buffer[][];

/**
 * Creates or replaces the table of one family. What leaves a subnet by another interface is masqueraded; containers reach out and
 * get answers, and nothing from outside or from another bridge reaches one uninvited, for with ip_forward on, the host routes for
 * its neighbours.
 */
export function replaceTable(table: Table, contents: TableContents): Buffer {
  return batch(fill(table, contents));
}

/** The inverse, for the ledger; also succeeds when the table was never made. */
export function removeTable(table: Table): Buffer {
  return batch(absent(table));
}

/** Deleting needs the table to exist; making it twice does not need it to be missing. */
function absent(table: Table): Buffer[] {
  return [newTable(table), deleteTable(table)];
}

function fill(table: Table, { bridges, publishing }: TableContents): Buffer[] {
  const rule = (chain: string, comment: string, ...phrases: Phrases): Buffer =>
    newRule({ table, chain, comment, expressions: phrases.flat() });
  return [
    ...absent(table),
    newTable(table),
    newChain({
      table,
      name: 'postrouting',
      base: { type: 'nat', hook: 'postrouting', priority: PRIORITIES.sourceNat, policy: 'accept' },
    }),
    newChain({
      table,
      name: 'forward',
      base: { type: 'filter', hook: 'forward', priority: PRIORITIES.filter, policy: 'accept' },
    }),
    ...bridges.flatMap((bridge) => translation(rule, table, bridge)),
    // All but the first packet of a connection pass here, however many networks and ports there are.
    rule('forward', 'what was let through goes on', matchState(['established', 'related']), count(), verdict('accept')),
    ...(publishing === undefined ? [] : publish(table, publishing, bridges)),
    ...bridges.flatMap((bridge) => [...(table.family === 'ip' ? linked(rule, bridge) : []), ...filter(rule, bridge)]),
  ];
}

type AddRule = (chain: string, comment: string, ...phrases: Phrases) => Buffer;

function translation(rule: AddRule, { family }: Table, bridge: BridgeRules): Buffer[] {
  if (!bridge.masquerade || bridge.internal) return [];
  return bridge.subnets
    .filter((subnet) => subnet.family === (family === 'ip' ? 4 : 6))
    .map((subnet) =>
      rule(
        'postrouting',
        'containers reach outside under the address of the host',
        matchNetwork('saddr', subnet),
        matchInterface('oifname', 'unequal', bridge.bridge),
        count(),
        masquerade(),
      ),
    );
}

function publish(table: Table, { translations, loopback }: Publishing, bridges: readonly BridgeRules[]): Buffer[] {
  return [
    ...publishingRules(table, { loopback, bridges: bridges.map(({ bridge }) => bridge) }),
    ...(loopback ? bridges.flatMap((bridge) => backToOwn(table, bridge)) : []),
    ...addTranslations(table, translations),
  ];
}

function backToOwn(table: Table, { bridge, subnets, internal }: BridgeRules): Buffer[] {
  const own = subnets.filter(({ family }) => family === (table.family === 'ip' ? 4 : 6));
  if (internal || own.length === 0) return [];
  return [...own.map((subnet) => hairpin(table, bridge, subnet)), fromLoopback(table, bridge)];
}

function linked(rule: AddRule, { bridge, icc, links = [] }: BridgeRules): Buffer[] {
  if (icc || links.length === 0) return [];
  const within = [matchInterface('iifname', 'equal', bridge), matchInterface('oifname', 'equal', bridge)];
  const only = ({ value }: Ip): Cidr => ({ family: 4, address: value, prefixLength: 32 });
  return links.map(({ from, to, protocol, port }) =>
    rule(
      'forward',
      'a container reaches what it is linked to',
      ...within,
      matchNetwork('saddr', only(from)),
      matchNetwork('daddr', only(to)),
      matchProtocol(protocol),
      matchPort('dport', port),
      count(),
      verdict('accept'),
    ),
  );
}

function filter(rule: AddRule, { bridge, internal, icc }: BridgeRules): Buffer[] {
  const within = [matchInterface('iifname', 'equal', bridge), matchInterface('oifname', 'equal', bridge)];
  const out = matchInterface('oifname', 'equal', bridge);
  return [
    // Passes here only where the kernel shows bridged packets to this hook (br_netfilter).
    icc
      ? rule('forward', 'containers reach each other', ...within, count(), verdict('accept'))
      : rule('forward', 'containers do not reach each other', ...within, count(), verdict('drop')),
    ...(internal
      ? [rule('forward', 'nothing leaves', matchInterface('iifname', 'equal', bridge), count(), verdict('drop'))]
      : []),
    rule('forward', 'nothing else comes in', out, count(), verdict('drop')),
  ];
}
