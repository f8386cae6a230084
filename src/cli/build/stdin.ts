// Standard input as a context: an archive or the text of a Dockerfile, told by its first bytes.
import { TskerError } from '../../util/errors.ts';
import type { Input } from '../io.ts';

export interface Opened {
  readonly first: Buffer;
  /** All of it, what was looked at included. */
  readonly rest: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** Bytes of a Dockerfile. */
const MAX_TEXT = 16 * 1024 * 1024;
const MAGIC = [
  Buffer.from([0x1f, 0x8b, 0x08]),
  Buffer.from('BZh'),
  Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
];

export async function readFirst(stdin: Input): Promise<Opened> {
  const iterator = (stdin as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  while (first.length < BLOCK) {
    const next = await iterator.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  return { first, rest: joined(first, iterator) };
}

async function* joined(first: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

/** Compressed, or with the checksum of a tar header. */
export function looksLikeArchive(first: Buffer): boolean {
  if (MAGIC.some((magic) => first.subarray(0, magic.length).equals(magic))) return true;
  if (first.length < BLOCK) return false;
  const header = first.subarray(0, BLOCK);
  if (header.every((byte) => byte === 0)) return true;
  const written = Number.parseInt(header.toString('latin1', 148, 156), 8);
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return sum === written;
}

export async function readWhole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > MAX_TEXT) throw new TskerError('invalid', 'the Dockerfile from standard input is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
