// Reads the tar of an image archive as a stream of entries: ustar, pax and GNU long names (pax(1), tar(5)). It is for the
// archive's own files; layers are unpacked by the native library.
import { TskerError } from '../util/errors.ts';
import { ByteReader, type ByteSource } from './byte-reader.ts';

export interface TarEntry {
  /** Relative, without `.` and `..`, without a slash at the end. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'link' | 'symlink' | 'other';
  readonly size: number;
  /** Where the content begins in the archive. */
  readonly offset: number;
  /** Of links, as written. */
  readonly target: string;
  /** The content; what is not read is skipped. */
  readonly body: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** Bytes of a pax header or a GNU long name. */
const MAX_EXTENSION = 1024 * 1024;
/** tar programs pad archives with zeros up to a record. */
const MAX_TRAILER = 64 * 1024 * 1024;

const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '5': 'directory',
};

interface Header {
  readonly typeflag: string;
  readonly name: string;
  readonly size: number;
  readonly target: string;
}

/** What extension headers say of the next entry. */
interface Extension {
  name?: string;
  target?: string;
  size?: number;
}

/** Yields the entries in order. Throws `corrupt` for what is no tar, and for names that leave the archive. */
export async function* readTar(source: ByteSource): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(source);
  let extension: Extension = {};
  for (let block = await reader.take(BLOCK); block !== undefined; block = await reader.take(BLOCK)) {
    if (isZero(block)) return await reader.drain(MAX_TRAILER);
    const header = parseHeader(block);
    const size = extension.size ?? header.size;
    if ('xgLK'.includes(header.typeflag)) {
      extension = { ...extension, ...(await readExtension(reader, header)) };
      continue;
    }
    const entry = { ...header, ...extension, size };
    extension = {};
    yield* readEntry(reader, entry);
  }
}

async function* readEntry(reader: ByteReader, header: Header): AsyncGenerator<TarEntry> {
  const type = TYPES[header.typeflag] ?? 'other';
  const size = type === 'file' || type === 'other' ? header.size : 0;
  let left = size;
  async function* body(): AsyncGenerator<Uint8Array> {
    for await (const chunk of reader.chunks(left)) {
      left -= chunk.length;
      yield chunk;
    }
  }
  const { position: offset } = reader;
  yield { name: checkName(header.name), type, size, offset, target: header.target, body: body() };
  await reader.skip(left + padding(size));
}

async function readExtension(reader: ByteReader, { typeflag, size }: Header): Promise<Extension> {
  if (size > MAX_EXTENSION) throw corrupt(`an extension header of ${size} bytes`);
  const bytes = await reader.take(size);
  if (bytes === undefined && size > 0) throw corrupt('unexpected EOF');
  await reader.skip(padding(size));
  const data = bytes ?? Buffer.alloc(0);
  if (typeflag === 'L') return { name: cString(data) };
  if (typeflag === 'K') return { target: cString(data) };
  return typeflag === 'x' ? parsePax(data) : {};
}

/** `length key=value\n`, any number of them. */
function parsePax(data: Buffer): Extension {
  const extension: Extension = {};
  for (let offset = 0; offset < data.length; ) {
    const space = data.indexOf(0x20, offset);
    const length = Number(data.toString('latin1', offset, space === -1 ? offset : space));
    if (!Number.isSafeInteger(length) || length < 5 || offset + length > data.length)
      throw corrupt('a wrong pax header');
    const record = data.toString('utf8', space + 1, offset + length - 1);
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') extension.name = value;
    else if (key === 'linkpath') extension.target = value;
    else if (key === 'size') extension.size = checkSize(Number(value));
    else if (key.startsWith('GNU.sparse')) throw corrupt('sparse files are not expected in an image archive');
    offset += length;
  }
  return extension;
}

function parseHeader(block: Buffer): Header {
  verifyChecksum(block);
  const prefix =
    block.toString('latin1', 257, 262) === 'ustar' && block[263] === 0x30 ? cString(block.subarray(345, 500)) : '';
  const name = cString(block.subarray(0, 100));
  return {
    typeflag: String.fromCharCode(block[156] ?? 0),
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: checkSize(parseNumber(block.subarray(124, 136))),
    target: cString(block.subarray(157, 257)),
  };
}

/** Octal, or base 256 with the high bit set (GNU). */
function parseNumber(field: Buffer): number {
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) {
    const text = field
      .toString('latin1')
      .replace(/[\0 ]+$/, '')
      .trim();
    return text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  }
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, first & 0x7f);
}

function checkSize(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw corrupt('a wrong size in a header');
  return size;
}

/** The sum of the header with its own field as spaces (tar(5)). */
function verifyChecksum(block: Buffer): void {
  const stated = parseNumber(block.subarray(148, 156));
  let sum = 8 * 0x20;
  for (const [index, byte] of block.entries()) if (index < 148 || index >= 156) sum += byte;
  if (sum !== stated) throw corrupt('a wrong header checksum');
}

/** Names are keys here and never paths on the disk, but one that leaves the archive is no mistake. */
function checkName(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..'))
    throw corrupt(`the name ${JSON.stringify(name)} leaves the archive`);
  return parts.join('/');
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

function corrupt(what: string): TskerError {
  return new TskerError('corrupt', `invalid archive: ${what}`);
}
