// What is read of the kernel's rules to notice that somebody changed ours: the generation, one number for all tables, and the rules
// of the tables of one name. Pure bytes.
import {
  be32,
  decodeAttributes,
  decodeMessages,
  decodeText,
  encodeMessage,
  NLM,
  textAttribute,
} from '../netlink/message.ts';

const NFT_MSG_NEWRULE = 0xa06;
const NFT_MSG_GETRULE = 0xa07;
const NFT_MSG_NEWGEN = 0xa0f;
const NFT_MSG_GETGEN = 0xa10;
const NFTA_GEN_ID = 1;
const NFTA_RULE = { TABLE: 1, CHAIN: 2, HANDLE: 3 } as const;

/** Asks for the generation: it changes with every transaction of anybody's. */
export function getGeneration(): Buffer {
  return encodeMessage({ type: NFT_MSG_GETGEN, flags: NLM.ACK }, [Buffer.alloc(4)]);
}

/** 0 when the answer holds none. */
export function decodeGeneration(answer: Buffer): number {
  for (const { type, payload } of decodeMessages(answer)) {
    if (type === NFT_MSG_NEWGEN) return be32(decodeAttributes(payload.subarray(4)).get(NFTA_GEN_ID)) ?? 0;
  }
  return 0;
}

/** A request for the rules of the tables of a name, in all families. */
export function dumpRules(table: string): Buffer {
  return encodeMessage({ type: NFT_MSG_GETRULE, flags: NLM.DUMP }, [
    Buffer.alloc(4),
    textAttribute(NFTA_RULE.TABLE, table),
  ]);
}

/** The rules of the tables of a name as text that changes when one comes or goes: the kernel gives no handle twice. */
export function identifyRules(answer: Buffer, table: string): string {
  return decodeMessages(answer)
    .filter(({ type }) => type === NFT_MSG_NEWRULE)
    .flatMap(({ payload }) => {
      const attributes = decodeAttributes(payload.subarray(4));
      const text = (key: number): string => decodeText(attributes.get(key) ?? Buffer.alloc(0));
      if (text(NFTA_RULE.TABLE) !== table) return [];
      const handle = attributes.get(NFTA_RULE.HANDLE)?.toString('hex') ?? '';
      return [`${payload[0]} ${text(NFTA_RULE.CHAIN)} ${handle}`];
    })
    .join('\n');
}
