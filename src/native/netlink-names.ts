// The names of netlink messages in a batch, for explaining what a plan sends. Pure; it trusts no length.
import { NETLINK_ROUTE } from './linux.ts';

/** include/uapi/linux/rtnetlink.h. */
const ROUTE: Readonly<Record<number, string>> = {
  16: 'RTM_NEWLINK',
  17: 'RTM_DELLINK',
  18: 'RTM_GETLINK',
  19: 'RTM_SETLINK',
  20: 'RTM_NEWADDR',
  21: 'RTM_DELADDR',
  22: 'RTM_GETADDR',
  24: 'RTM_NEWROUTE',
  25: 'RTM_DELROUTE',
  26: 'RTM_GETROUTE',
  28: 'RTM_NEWNEIGH',
  29: 'RTM_DELNEIGH',
};

/** Of subsystem 10, nf_tables: include/uapi/linux/netfilter/nf_tables.h. */
const NFTABLES: readonly string[] = [
  ...['NFT_MSG_NEWTABLE', 'NFT_MSG_GETTABLE', 'NFT_MSG_DELTABLE'],
  ...['NFT_MSG_NEWCHAIN', 'NFT_MSG_GETCHAIN', 'NFT_MSG_DELCHAIN'],
  ...['NFT_MSG_NEWRULE', 'NFT_MSG_GETRULE', 'NFT_MSG_DELRULE'],
  ...['NFT_MSG_NEWSET', 'NFT_MSG_GETSET', 'NFT_MSG_DELSET'],
  ...['NFT_MSG_NEWSETELEM', 'NFT_MSG_GETSETELEM', 'NFT_MSG_DELSETELEM'],
];
const NFNL_SUBSYS_NFTABLES = 10;
const BATCH: Readonly<Record<number, string>> = { 16: 'NFNL_MSG_BATCH_BEGIN', 17: 'NFNL_MSG_BATCH_END' };

const HEADER = 16;

export function netlinkMessageNames(protocol: number, batch: Uint8Array): string[] {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
  const names: string[] = [];
  for (let offset = 0; offset + HEADER <= bytes.length; ) {
    const length = bytes.readUInt32LE(offset);
    if (length < HEADER) break;
    const type = bytes.readUInt16LE(offset + 4);
    names.push((protocol === NETLINK_ROUTE ? ROUTE[type] : firewallName(type)) ?? `message ${type}`);
    offset += (length + 3) & ~3;
  }
  return names;
}

function firewallName(type: number): string | undefined {
  return type >> 8 === NFNL_SUBSYS_NFTABLES ? NFTABLES[type & 0xff] : BATCH[type];
}
