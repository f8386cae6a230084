// Messages of nf_tables (include/uapi/linux/netfilter/nf_tables.h, nfnetlink.h): tables, chains, rules, and the batch that
// makes several of them one transaction. Pure bytes; what stands in a rule is expressions.ts, which rules there are is
// rules.ts.
import { attribute, be32Attribute, encodeMessage, NLM, nested, textAttribute } from '../netlink/message.ts';

/** Protocol number of the socket. */
export const NETLINK_NETFILTER = 12;

const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
const NFT_MSG = { NEWTABLE: 0, DELTABLE: 2, NEWCHAIN: 3, NEWRULE: 6 } as const;
const NFPROTO_UNSPEC = 0;

const NFTA_TABLE_NAME = 1;
const NFTA_CHAIN = { TABLE: 1, NAME: 3, HOOK: 4, POLICY: 5, TYPE: 7 } as const;
const NFTA_HOOK = { HOOKNUM: 1, PRIORITY: 2 } as const;
const NFTA_RULE = { TABLE: 1, CHAIN: 2, EXPRESSIONS: 4, USERDATA: 7 } as const;
const NFTA_LIST_ELEM = 1;
/** Userdata is not the kernel's: nft shows this one as the rule's comment (libnftnl, NFTNL_UDATA_RULE_COMMENT). */
const UDATA_RULE_COMMENT = 0;
const COMMENT_MAX = 128;

/** Where a base chain hangs (NF_INET_*), and the customary priorities (netfilter_ipv4.h). */
export const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
export const PRIORITIES = { destinationNat: -100, filter: 0, sourceNat: 100 } as const;

/** Address families of tables (NFPROTO_IPV4, NFPROTO_IPV6). */
export const FAMILIES = { ip: 2, ip6: 10 } as const;

export interface Table {
  readonly family: keyof typeof FAMILIES;
  readonly name: string;
}

export interface Chain {
  readonly table: Table;
  readonly name: string;
  /** A base chain; without it a chain is only jumped to. */
  readonly base?: {
    readonly type: 'filter' | 'nat';
    readonly hook: keyof typeof HOOKS;
    readonly priority: number;
    readonly policy: 'accept' | 'drop';
  };
}

export interface Rule {
  readonly table: Table;
  readonly chain: string;
  readonly expressions: readonly Buffer[];
  /** Shown by `nft list ruleset`. */
  readonly comment: string;
}

/** All or nothing: the kernel applies the messages of a batch as one transaction. */
export function batch(messages: readonly Buffer[]): Buffer {
  return Buffer.concat([boundary(NFNL_MSG_BATCH_BEGIN), ...messages, boundary(NFNL_MSG_BATCH_END)]);
}

/** Creates a table when it is missing. */
export function newTable(table: Table): Buffer {
  return nftMessage(table, NFT_MSG.NEWTABLE, NLM.CREATE, [textAttribute(NFTA_TABLE_NAME, table.name)]);
}

/** Deletes a table with all in it. ENOENT when there is none. */
export function deleteTable(table: Table): Buffer {
  return nftMessage(table, NFT_MSG.DELTABLE, 0, [textAttribute(NFTA_TABLE_NAME, table.name)]);
}

export function newChain({ table, name, base }: Chain): Buffer {
  return nftMessage(table, NFT_MSG.NEWCHAIN, NLM.CREATE, [
    textAttribute(NFTA_CHAIN.TABLE, table.name),
    textAttribute(NFTA_CHAIN.NAME, name),
    ...(base === undefined
      ? []
      : [
          textAttribute(NFTA_CHAIN.TYPE, base.type),
          be32Attribute(NFTA_CHAIN.POLICY, base.policy === 'accept' ? 1 : 0),
          nested(NFTA_CHAIN.HOOK, [
            be32Attribute(NFTA_HOOK.HOOKNUM, HOOKS[base.hook]),
            be32Attribute(NFTA_HOOK.PRIORITY, base.priority),
          ]),
        ]),
  ]);
}

/** Adds a rule at the end of its chain. */
export function newRule({ table, chain, expressions, comment }: Rule): Buffer {
  return nftMessage(table, NFT_MSG.NEWRULE, NLM.CREATE | NLM.APPEND, [
    textAttribute(NFTA_RULE.TABLE, table.name),
    textAttribute(NFTA_RULE.CHAIN, chain),
    nested(
      NFTA_RULE.EXPRESSIONS,
      expressions.map((expression) => nested(NFTA_LIST_ELEM, [expression])),
    ),
    attribute(NFTA_RULE.USERDATA, commentData(comment)),
  ]);
}

/** The boundaries of a batch ask for no acknowledgement: only newer kernels (6.10) would send one. */
function boundary(type: number): Buffer {
  return encodeMessage({ type, flags: 0 }, [generalHeader(NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES)]);
}

/** A message of nf_tables about something in a table. */
export function nftMessage({ family }: Table, message: number, flags: number, attributes: readonly Buffer[]): Buffer {
  const type = (NFNL_SUBSYS_NFTABLES << 8) | message;
  return encodeMessage({ type, flags: flags | NLM.ACK }, [generalHeader(FAMILIES[family], 0), ...attributes]);
}

/** struct nfgenmsg; the resource id is in network order. */
function generalHeader(family: number, resource: number): Buffer {
  const header = Buffer.from([family, 0, 0, 0]);
  header.writeUInt16BE(resource, 2);
  return header;
}

function commentData(comment: string): Buffer {
  const text = Buffer.from(`${comment}\0`);
  if (text.length > COMMENT_MAX) throw new RangeError(`a rule's comment is too long: ${comment}`);
  return Buffer.concat([Buffer.from([UDATA_RULE_COMMENT, text.length]), text]);
}
