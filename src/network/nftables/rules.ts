// The firewall of one bridge: a table of our own, replaced as a whole in one transaction, never a rule in anyone else's.
// A `drop` elsewhere still drops (every table has its say); that is not ours to alter.
import type { Cidr } from '../address.ts';
import { count, masquerade, matchInterface, matchNetwork, matchState, verdict } from './expressions.ts';
import { batch, deleteTable, newChain, newRule, newTable, PRIORITIES } from './message.ts';

/** The default bridge, whose table is called plain `tsker`. */
export const DEFAULT_BRIDGE = 'tsker0';

/** Two daemons side by side have a table each, told apart by their bridges. */
export function tableName(bridge: string): string {
  return bridge === DEFAULT_BRIDGE ? 'tsker' : `tsker-${bridge}`;
}

/**
 * Creates or replaces the bridge's table. What leaves the subnet by another interface is masqueraded; containers reach out and
 * get answers, and nothing from outside reaches one uninvited, for with ip_forward on, the host routes for its neighbours.
 */
export function bridgeRules({ bridge, subnet }: { bridge: string; subnet: Cidr }): Buffer {
  const table = tableName(bridge);
  const rule = (chain: string, comment: string, ...phrases: Buffer[][]): Buffer =>
    newRule({ table, chain, comment, expressions: phrases.flat() });
  return batch([
    // Deleting needs the table to exist; making it twice does not need it to be missing.
    newTable(table),
    deleteTable(table),
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
    rule(
      'postrouting',
      'containers reach outside under the address of the host',
      matchNetwork('saddr', subnet),
      matchInterface('oifname', 'unequal', bridge),
      count(),
      masquerade(),
    ),
    rule('forward', 'containers send anywhere', matchInterface('iifname', 'equal', bridge), count(), verdict('accept')),
    rule(
      'forward',
      'answers come back',
      matchInterface('oifname', 'equal', bridge),
      matchState(['established', 'related']),
      count(),
      verdict('accept'),
    ),
    rule('forward', 'nothing else comes in', matchInterface('oifname', 'equal', bridge), count(), verdict('drop')),
  ]);
}

/** The inverse, for the ledger: ENOENT when the table was never made. */
export function removeRules(bridge: string): Buffer {
  return batch([deleteTable(tableName(bridge))]);
}
