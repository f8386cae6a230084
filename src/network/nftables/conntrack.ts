// Forgetting connections (include/uapi/linux/netfilter/nfnetlink_conntrack.h): a stream of datagrams keeps the translation it began
// with, whatever the rules say since; a port that was published or withdrawn has to take effect for it too. Pure bytes.
import { attribute, encodeMessage, NLM, nested, u32Attribute } from '../netlink/message.ts';
import { PROTOCOLS, portBytes } from '../protocols.ts';
import { FAMILIES } from './message.ts';

const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_DELETE = 2;
const CTA = { TUPLE_ORIG: 1, TUPLE_REPLY: 2, FILTER: 25 } as const;
const CTA_TUPLE = { IP: 1, PROTO: 2 } as const;
const CTA_PROTO = { NUM: 1, DST_PORT: 3 } as const;
const CTA_FILTER = { ORIG_FLAGS: 1, REPLY_FLAGS: 2 } as const;
/** Which fields of the tuple count: its protocol and destination port. */
const PROTOCOL_AND_PORT = (1 << 3) | (1 << 5);

/**
 * Forgets all streams in which datagrams go to a port, whoever began: an answer on its way from a container that has just lost the
 * port begins one of its own, under the host's address, and what the client sends next would go there for ever. Kernels before 5.8
 * answer EINVAL or EOPNOTSUPP.
 */
export function forgetDatagrams(family: keyof typeof FAMILIES, port: number): Buffer[] {
  return [
    forget(family, port, { tuple: CTA.TUPLE_ORIG, flags: [PROTOCOL_AND_PORT, 0] }),
    forget(family, port, { tuple: CTA.TUPLE_REPLY, flags: [0, PROTOCOL_AND_PORT] }),
  ];
}

interface Filter {
  readonly tuple: number;
  /** Of the tuple of who began, and of who answers. */
  readonly flags: readonly [original: number, reply: number];
}

function forget(family: keyof typeof FAMILIES, port: number, { tuple, flags }: Filter): Buffer {
  const [original, reply] = flags;
  return encodeMessage({ type: (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE, flags: NLM.ACK }, [
    Buffer.from([FAMILIES[family], 0, 0, 0]),
    nested(tuple, [
      nested(CTA_TUPLE.PROTO, [
        attribute(CTA_PROTO.NUM, Buffer.of(PROTOCOLS.udp)),
        attribute(CTA_PROTO.DST_PORT, portBytes(port)),
      ]),
    ]),
    nested(CTA.FILTER, [u32Attribute(CTA_FILTER.ORIG_FLAGS, original), u32Attribute(CTA_FILTER.REPLY_FLAGS, reply)]),
  ]);
}
