// DNS messages (RFC 1035, 4): queries read, answers written. Pure; every length is checked, for whoever is in a container may send
// anything.
import { type Ip, toBytes } from '../address.ts';

export const TYPES = { A: 1, PTR: 12, AAAA: 28, OPT: 41 } as const;
export const RCODES = { noError: 0, formatError: 1, serverFailure: 2, notImplemented: 4, refused: 5 } as const;

const HEADER = 12;
const CLASS_IN = 1;
const NAME_MAX = 255;
const LABEL_MAX = 63;
/** Bytes of an answer over UDP, to whoever says nothing else (RFC 1035, 2.3.4). */
const UDP_SIZE = 512;
/** Seconds, as Docker's. */
const TTL = 600;
/** A pointer to the name of the question. */
const QUESTION_NAME = Buffer.from([0xc0, HEADER]);

const FLAG = { response: 0x8000, truncated: 0x0200, recursionDesired: 0x0100, recursionAvailable: 0x0080 } as const;
const OPCODE_MASK = 0x7800;

export interface Query {
  readonly id: number;
  /** In lower case, without the dot at the end; a character a byte. */
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** The question as it came: an answer begins with it. */
  readonly question: Buffer;
  /** Bytes that the client takes over UDP. */
  readonly size: number;
}

/** A record of an answer; all are about the name of the question. */
export type Answer = { readonly ip: Ip } | { readonly pointer: string };

/** What cannot be answered: with an rcode, or (undefined) by silence. */
export class BadQuery {
  readonly reply: Buffer | undefined;

  constructor(reply: Buffer | undefined) {
    this.reply = reply;
  }
}

/** Reads a query of one question of class IN. */
export function parseQuery(bytes: Buffer): Query | BadQuery {
  if (bytes.length < HEADER) return new BadQuery(undefined);
  const flags = bytes.readUInt16BE(2);
  if ((flags & FLAG.response) !== 0) return new BadQuery(undefined);
  if ((flags & OPCODE_MASK) !== 0) return new BadQuery(emptyReply(bytes, RCODES.notImplemented));
  const name = bytes.readUInt16BE(4) === 1 ? readName(bytes, HEADER) : undefined;
  if (name === undefined || name.end + 4 > bytes.length || bytes.readUInt16BE(name.end + 2) !== CLASS_IN) {
    return new BadQuery(emptyReply(bytes, RCODES.formatError));
  }
  return {
    id: bytes.readUInt16BE(0),
    name: name.text.toLowerCase(),
    type: bytes.readUInt16BE(name.end),
    flags,
    question: bytes.subarray(HEADER, name.end + 4),
    size: udpSize(bytes, name.end + 4),
  };
}

/** A name without pointers: the first of a message has nothing to point to. */
function readName(bytes: Buffer, start: number): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = [];
  for (let at = start; at - start < NAME_MAX; ) {
    const length = bytes[at];
    if (length === undefined || length > LABEL_MAX) return undefined;
    if (length === 0) return { text: labels.join('.'), end: at + 1 };
    if (at + 1 + length > bytes.length) return undefined;
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return undefined;
}

/** EDNS (RFC 6891): the class of the record OPT, when it is all that follows the question. */
function udpSize(bytes: Buffer, at: number): number {
  const onlyAdditional = bytes.readUInt32BE(6) === 0 && bytes.readUInt16BE(10) >= 1;
  if (!onlyAdditional || bytes.length < at + 5 || bytes[at] !== 0 || bytes.readUInt16BE(at + 1) !== TYPES.OPT) {
    return UDP_SIZE;
  }
  return Math.max(UDP_SIZE, bytes.readUInt16BE(at + 3));
}

/** An answer; `limit` bytes at most, with the truncation flag when records were left out. */
export function encodeReply(
  query: Query,
  answers: readonly Answer[],
  { rcode, limit }: { rcode: number; limit: number },
): Buffer {
  const records: Buffer[] = [];
  let size = HEADER + query.question.length;
  for (const answer of answers) {
    const record = encodeRecord(answer);
    if (size + record.length > limit) break;
    records.push(record);
    size += record.length;
  }
  const header = Buffer.alloc(HEADER);
  const cut = records.length < answers.length ? FLAG.truncated : 0;
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(
    FLAG.response | FLAG.recursionAvailable | (query.flags & FLAG.recursionDesired) | cut | rcode,
    2,
  );
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.question, ...records]);
}

function encodeRecord(answer: Answer): Buffer {
  const data = 'ip' in answer ? toBytes(answer.ip) : encodeName(answer.pointer);
  const type = 'pointer' in answer ? TYPES.PTR : answer.ip.family === 4 ? TYPES.A : TYPES.AAAA;
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(CLASS_IN, 2);
  head.writeUInt32BE(TTL, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([QUESTION_NAME, head, data]);
}

/** Labels that are too long for DNS are cut: names of containers may be. */
function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1').subarray(0, LABEL_MAX));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]);
}

/** Only the header, for a query that could not be read. */
function emptyReply(bytes: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(bytes.readUInt16BE(0), 0);
  header.writeUInt16BE(FLAG.response | (bytes.readUInt16BE(2) & (OPCODE_MASK | FLAG.recursionDesired)) | rcode, 2);
  return header;
}

/** Whether these bytes answer that query: id and question are the same, and they are an answer. */
export function isReplyTo(reply: Buffer, query: Buffer): boolean {
  if (reply.length < HEADER || (reply.readUInt16BE(2) & FLAG.response) === 0) return false;
  return reply.readUInt16BE(0) === query.readUInt16BE(0);
}

export function rcodeOf(reply: Buffer): number {
  return reply.readUInt16BE(2) & 0xf;
}
