// The netlink wire format (netlink(7)): message headers, attributes, nesting, padding. Pure bytes; what the numbers mean is
// the business of the files beside. Host byte order is little-endian on every machine tsker runs on.

const ALIGN = 4;
const HEADER = 16;
const ATTRIBUTE_HEADER = 4;

/** Flags of a message (include/uapi/linux/netlink.h). */
export const NLM = {
  REQUEST: 0x1,
  ACK: 0x4,
  /** NLM_F_ROOT | NLM_F_MATCH. */
  DUMP: 0x300,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
} as const;

/** Message types of netlink itself. */
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** In an attribute's type: it holds attributes (and: it is in network order). */
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

export interface Message {
  readonly type: number;
  readonly payload: Buffer;
}

/** One message. NLM_F_REQUEST is added; the sequence number is the sender's to count, and unused here. */
export function encodeMessage(
  head: { type: number; flags: number; sequence?: number },
  parts: readonly Buffer[],
): Buffer {
  const payload = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(HEADER + payload.length, 0);
  header.writeUInt16LE(head.type, 4);
  header.writeUInt16LE(head.flags | NLM.REQUEST, 6);
  header.writeUInt32LE(head.sequence ?? 0, 8);
  return pad(Buffer.concat([header, payload]));
}

/** An attribute of bytes. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const header = Buffer.alloc(ATTRIBUTE_HEADER);
  header.writeUInt16LE(ATTRIBUTE_HEADER + value.length, 0);
  header.writeUInt16LE(type, 2);
  return pad(Buffer.concat([header, value]));
}

/** An attribute that holds attributes. */
export function nested(type: number, attributes: readonly Buffer[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(attributes));
}

/** Text with its terminating NUL, as the kernel wants names. */
export function textAttribute(type: number, text: string): Buffer {
  return attribute(type, Buffer.from(`${text}\0`));
}

export function u32Attribute(type: number, value: number): Buffer {
  return attribute(type, u32(value));
}

/** Network byte order: netfilter's numbers. */
export function be32Attribute(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0, 0);
  return attribute(type, bytes);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0, 0);
  return bytes;
}

/**
 * The messages of an answer, without acknowledgements and the end of a dump. Throws RangeError on bytes that are no
 * netlink messages.
 */
export function decodeMessages(answer: Buffer): Message[] {
  const messages: Message[] = [];
  for (let offset = 0; offset < answer.length; ) {
    const length = answer.readUInt32LE(offset);
    if (length < HEADER || offset + length > answer.length)
      throw new RangeError('a netlink message of impossible length');
    const type = answer.readUInt16LE(offset + 4);
    if (type !== NLMSG_ERROR && type !== NLMSG_DONE) {
      messages.push({ type, payload: answer.subarray(offset + HEADER, offset + length) });
    }
    offset += align(length);
  }
  return messages;
}

/** What follows the heads of those messages of an answer that are of one type. */
export function payloadsOf(answer: Buffer, type: number): Buffer[] {
  return decodeMessages(answer).flatMap((message) => (message.type === type ? [message.payload] : []));
}

/** The attributes after a message's fixed part, by type; of a repeated one the last. */
export function decodeAttributes(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let offset = 0; offset + ATTRIBUTE_HEADER <= bytes.length; ) {
    const length = bytes.readUInt16LE(offset);
    if (length < ATTRIBUTE_HEADER || offset + length > bytes.length) {
      throw new RangeError('a netlink attribute of impossible length');
    }
    const type = bytes.readUInt16LE(offset + 2) & NLA_TYPE_MASK;
    attributes.set(type, bytes.subarray(offset + ATTRIBUTE_HEADER, offset + length));
    offset += align(length);
  }
  return attributes;
}

/** A number in network byte order; undefined where the attribute is missing. */
export function be32(bytes: Buffer | undefined): number | undefined {
  return bytes?.readUInt32BE(0);
}

/** Text up to its NUL. */
export function decodeText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

function pad(bytes: Buffer): Buffer {
  return bytes.length % ALIGN === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(align(bytes.length) - bytes.length)]);
}

function align(length: number): number {
  return (length + ALIGN - 1) & ~(ALIGN - 1);
}
