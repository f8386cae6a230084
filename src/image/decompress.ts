// The outer compression of an archive, told by its first bytes. Layers keep theirs: the native library unpacks them.
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { TskerError } from '../util/errors.ts';

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const REFUSED: readonly { readonly magic: Buffer; readonly name: string }[] = [
  { magic: Buffer.from('BZh'), name: 'bzip2' },
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), name: 'xz' },
];
export const LONGEST_MAGIC = 6;
/** Small chunks make zlib slow (NATIVE.md). */
const CHUNK = 256 * 1024;

/** The stream, unpacked when it is gzip or zstd. Throws `unsupported` for bzip2 and xz, `corrupt` for damage. */
export async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const head = await readHead(iterator);
  const whole = joined(head, iterator);
  const refused = REFUSED.find(({ magic }) => startsWith(head, magic));
  if (refused !== undefined) {
    throw new TskerError('unsupported', `archives compressed with ${refused.name} are not supported`, {
      hint: `unpack it first: ${refused.name} -dc FILE | tsker load`,
    });
  }
  if (startsWith(head, GZIP)) yield* through(whole, createGunzip({ chunkSize: CHUNK }));
  else if (startsWith(head, ZSTD)) yield* through(whole, createZstdDecompress({ chunkSize: CHUNK }));
  else yield* whole;
}

/** Whether an archive that begins so is compressed, in whatever way. */
export function isCompressed(head: Buffer): boolean {
  return [GZIP, ZSTD, ...REFUSED.map(({ magic }) => magic)].some((magic) => startsWith(head, magic));
}

/** The first bytes, `least` or more unless there are fewer. */
export async function readHead(iterator: AsyncIterator<Uint8Array>, least = LONGEST_MAGIC): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < least) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = head.length === 0 ? Buffer.from(next.value) : Buffer.concat([head, next.value]);
  }
  return head;
}

/** What was read, and what is left. */
export async function* joined(head: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

async function* through(source: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(source), transform, () => undefined);
  try {
    for await (const chunk of transform) yield chunk as Uint8Array;
  } catch (error) {
    const isDamage = error instanceof Error && 'code' in error && /^(?:Z_|ZSTD_|ERR_)/.test(String(error.code));
    throw isDamage ? new TskerError('corrupt', `invalid archive: ${error.message}`, { cause: error }) : error;
  }
}

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}
