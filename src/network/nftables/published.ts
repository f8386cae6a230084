// Published ports in the firewall: maps from what a packet asks for to where it goes, looked up by a handful of rules however many
// ports there are. Pure bytes; which ports those are is network/ports/.
import { type Cidr, type Ip, parseCidr, toBytes } from '../address.ts';
import { PROTOCOLS, type Protocol, portBytes } from '../protocols.ts';
import {
  count,
  lookUpTranslation,
  masquerade,
  matchInterface,
  matchIsTranslated,
  matchLocalDestination,
  matchMember,
  matchNetwork,
  verdict,
} from './expressions.ts';
import { addElements, deleteElements, type Element, type Field, type NamedMap, newMap } from './maps.ts';
import { newChain, newRule, PRIORITIES, type Table } from './message.ts';

/** One port as the rules have it. */
export interface Translation {
  /** Undefined: any address of the host. */
  readonly hostAddress: Ip | undefined;
  readonly hostPort: number;
  readonly protocol: Protocol;
  readonly target: Ip;
  readonly targetPort: number;
}

export interface PublishingRules {
  /** Connections from the host to its own loopback addresses are translated too: there is no proxy for them. */
  readonly loopback: boolean;
  /** Names of the interfaces. */
  readonly bridges: readonly string[];
}

const LOOPBACK = { ip: parseCidr('127.0.0.0/8'), ip6: parseCidr('::1/128') };

function maps(table: Table): { readonly [name in 'exact' | 'any' | 'open']: NamedMap } {
  const address: Field = table.family === 'ip' ? 'ipv4' : 'ipv6';
  return {
    exact: { table, name: 'published', key: [address, 'protocol', 'port'], value: [address, 'port'] },
    any: { table, name: 'published-anywhere', key: ['protocol', 'port'], value: [address, 'port'] },
    open: { table, name: 'open', key: [address, 'protocol', 'port'] },
  };
}

/** The maps and the rules that look them up, for a table that has the chains `forward` and `postrouting`. */
export function publishingRules(table: Table, { loopback, bridges }: PublishingRules): Buffer[] {
  const { exact, any, open } = maps(table);
  const base = { type: 'nat', priority: PRIORITIES.destinationNat, policy: 'accept' } as const;
  const rule = (chain: string, comment: string, ...phrases: readonly Buffer[][]): Buffer =>
    newRule({ table, chain, comment, expressions: phrases.flat() });
  // Packets of the host to its loopback addresses would leave it with a source that nobody can answer.
  const reachable = loopback ? [] : [matchNetwork('daddr', LOOPBACK[table.family], 'unequal')];
  const family = table.family === 'ip' ? 4 : 6;
  return [
    ...[exact, any, open].map((map, index) => newMap(map, index + 1)),
    newChain({ table, name: 'prerouting', base: { ...base, hook: 'prerouting' } }),
    newChain({ table, name: 'output', base: { ...base, hook: 'output' } }),
    // A bridge does not send a packet back to where it came from, which a container that asks for itself would need.
    ...(loopback ? [] : bridges).map((bridge) =>
      rule(
        'prerouting',
        'containers go through the proxy',
        matchInterface('iifname', 'equal', bridge),
        verdict('accept'),
      ),
    ),
    ...(['prerouting', 'output'] as const).flatMap((chain) => {
      const first = chain === 'output' ? reachable : [];
      return [
        rule(chain, 'ports of one address', ...first, lookUpTranslation(exact.name, family, true)),
        rule(
          chain,
          'ports of every address',
          ...first,
          matchLocalDestination(),
          lookUpTranslation(any.name, family, false),
        ),
      ];
    }),
    rule('forward', 'published ports', matchIsTranslated(), matchMember(open.name, family), count(), verdict('accept')),
  ];
}

/** Without proxies: a container that reaches another of its network by the host's address has to get the answer the same way. */
export function hairpin(table: Table, bridge: string, subnet: Cidr): Buffer {
  return newRule({
    table,
    chain: 'postrouting',
    comment: 'published ports are reached from their own network too',
    expressions: [
      ...matchInterface('oifname', 'equal', bridge),
      ...matchNetwork('saddr', subnet),
      ...matchIsTranslated(),
      ...count(),
      ...masquerade(),
    ],
  });
}

/** Without proxies: what comes from the host's loopback gets an address that can be answered. */
export function fromLoopback(table: Table, bridge: string): Buffer {
  return newRule({
    table,
    chain: 'postrouting',
    comment: 'published ports are reached from localhost',
    expressions: [
      ...matchInterface('oifname', 'equal', bridge),
      ...matchNetwork('saddr', LOOPBACK[table.family]),
      ...matchIsTranslated(),
      ...count(),
      ...masquerade(),
    ],
  });
}

export function addTranslations(table: Table, translations: readonly Translation[]): Buffer[] {
  return elements(table, translations).map(([map, list]) => addElements(map, list));
}

/** `others` stay: what leads to the same port in a container keeps it open. */
export function deleteTranslations(
  table: Table,
  translations: readonly Translation[],
  others: readonly Translation[],
): Buffer[] {
  const kept = new Set(elements(table, others).flatMap(([{ name }, list]) => list.map((one) => identify(name, one))));
  return elements(table, translations).flatMap(([map, list]) => {
    const gone = list.filter((one) => !kept.has(identify(map.name, one)));
    return gone.length === 0 ? [] : [deleteElements(map, gone)];
  });
}

function identify(map: string, { key }: Element): string {
  return `${map} ${Buffer.concat(key).toString('hex')}`;
}

/** Those of the table's family. Two host ports may lead to one in a container, whose element is one. */
function elements(table: Table, translations: readonly Translation[]): [NamedMap, Element[]][] {
  const { exact, any, open } = maps(table);
  const own = translations.filter(({ target }) => (target.family === 4) === (table.family === 'ip'));
  const exactly = own.flatMap((one) =>
    one.hostAddress === undefined
      ? []
      : [{ key: [toBytes(one.hostAddress), ...asked(one.protocol, one.hostPort)], value: goal(one) }],
  );
  const anywhere = own
    .filter(({ hostAddress }) => hostAddress === undefined)
    .map((one) => ({ key: asked(one.protocol, one.hostPort), value: goal(one) }));
  const opened = new Map(
    own.map((one) => {
      const key = [toBytes(one.target), ...asked(one.protocol, one.targetPort)];
      return [Buffer.concat(key).toString('hex'), { key }];
    }),
  );
  const all: [NamedMap, Element[]][] = [
    [exact, exactly],
    [any, anywhere],
    [open, [...opened.values()]],
  ];
  return all.filter(([, list]) => list.length > 0);
}

function asked(protocol: Protocol, port: number): Buffer[] {
  return [Buffer.of(PROTOCOLS[protocol]), portBytes(port)];
}

function goal({ target, targetPort }: Translation): Buffer[] {
  return [toBytes(target), portBytes(targetPort)];
}
