// Reads which chains of the host there are, to notice those that would drop what containers forward. Pure bytes.
import { be32, decodeAttributes, decodeMessages, decodeText, encodeMessage, NLM } from '../netlink/message.ts';
import { HOOKS } from './message.ts';

const NFT_MSG_NEWCHAIN = 0xa03;
const NFT_MSG_GETCHAIN = 0xa04;
const NFTA_CHAIN = { TABLE: 1, NAME: 3, HOOK: 4, POLICY: 5 } as const;
const NFTA_HOOK_HOOKNUM = 1;
const NF_DROP = 0;
/** Families whose forward hook IPv4 passes: NFPROTO_INET and NFPROTO_IPV4. */
const IPV4_FAMILIES: readonly number[] = [1, 2];

/** A request for the chains of all families. */
export function dumpChains(): Buffer {
  return encodeMessage({ type: NFT_MSG_GETCHAIN, flags: NLM.DUMP }, [Buffer.alloc(4)]);
}

/** `table/chain` of every base chain that drops forwarded IPv4 packets unless a rule of its own accepts them. */
export function droppingForwardChains(answer: Buffer): string[] {
  return decodeMessages(answer).flatMap(({ type, payload }) => {
    if (type !== NFT_MSG_NEWCHAIN || !IPV4_FAMILIES.includes(payload[0] ?? 0)) return [];
    const attributes = decodeAttributes(payload.subarray(4));
    const hook = decodeAttributes(attributes.get(NFTA_CHAIN.HOOK) ?? Buffer.alloc(0));
    const isForward = be32(hook.get(NFTA_HOOK_HOOKNUM)) === HOOKS.forward;
    if (!isForward || be32(attributes.get(NFTA_CHAIN.POLICY)) !== NF_DROP) return [];
    const name = (key: number): string => decodeText(attributes.get(key) ?? Buffer.alloc(0));
    return [`${name(NFTA_CHAIN.TABLE)}/${name(NFTA_CHAIN.NAME)}`];
  });
}
