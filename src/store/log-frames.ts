// SQLite's write-ahead log as a file (its file format, section 4.1): a header with the log's id, and frames whose checksums chain.
// The log ends where the chain does.
import { readSync } from 'node:fs';

const HEADER = 32;
const FRAME_HEADER = 24;
/** With the last bit the checksums' words are big-endian; all else is always. */
const MAGIC = 0x377f0682;
const PAGE_SIZE_AT = 8;
const ID_AT = 16;
const ID_SIZE = 8;
/** Bytes of the header that are part of its checksum, which follows them. */
const SUMMED = 24;

type ReadWord = (bytes: Buffer, at: number) => number;
const readLittle: ReadWord = (bytes, at) => bytes.readUInt32LE(at);
const readBig: ReadWord = (bytes, at) => bytes.readUInt32BE(at);

/** Two words that change when the log, an open file, is begun anew. Undefined: none was begun. */
export function readLogId(log: number): Buffer | undefined {
  return readHeader(log)?.subarray(ID_AT, ID_AT + ID_SIZE);
}

/** How many frames there are in the chain; it is not followed beyond `most`. */
export function countFrames(log: number, most: number): number {
  const header = readHeader(log);
  if (header === undefined) return 0;
  const readWord = header.readUInt32BE(0) === MAGIC ? readLittle : readBig;
  const sum = new Uint32Array(2);
  addUp(sum, header, [0, SUMMED], readWord);
  if (!isSum(sum, header, SUMMED)) return 0;
  const pageSize = header.readUInt32BE(PAGE_SIZE_AT);
  const frame = Buffer.alloc(FRAME_HEADER + pageSize);
  for (let count = 0; count < most; count += 1) {
    if (readSync(log, frame, 0, frame.length, HEADER + count * frame.length) < frame.length) return count;
    addUp(sum, frame, [0, 8], readWord);
    addUp(sum, frame, [FRAME_HEADER, frame.length], readWord);
    const isOfLog = frame.compare(header, ID_AT, ID_AT + ID_SIZE, 8, 8 + ID_SIZE) === 0;
    if (!isOfLog || !isSum(sum, frame, 8 + ID_SIZE)) return count;
  }
  return most;
}

function readHeader(log: number): Buffer | undefined {
  const header = Buffer.alloc(HEADER);
  if (readSync(log, header, 0, HEADER, 0) < HEADER) return undefined;
  const isOne = (header.readUInt32BE(0) & ~1) >>> 0 === MAGIC;
  const pageSize = header.readUInt32BE(PAGE_SIZE_AT);
  return isOne && pageSize >= 512 && pageSize <= 65_536 ? header : undefined;
}

function isSum(sum: Uint32Array, bytes: Buffer, at: number): boolean {
  return bytes.readUInt32BE(at) === sum[0] && bytes.readUInt32BE(at + 4) === sum[1];
}

/** Adds words of four bytes, two at a time, as `readWord` reads them. */
function addUp(sum: Uint32Array, bytes: Buffer, [from, to]: readonly [number, number], readWord: ReadWord): void {
  let [one = 0, two = 0] = sum;
  for (let at = from; at < to; at += 8) {
    one = (one + readWord(bytes, at) + two) >>> 0;
    two = (two + readWord(bytes, at + 4) + one) >>> 0;
  }
  sum.set([one, two]);
}
