// The outer compression of a context or archive. gzip and zstd are the native library's; bzip2 and xz go through the host's
// programs of that name, xz as in Docker.
import { joined, readHead } from '../../image/decompress.ts';
import { filterThrough } from './host-program.ts';

const PROGRAMS: readonly { readonly magic: Buffer; readonly argv: readonly [string, ...string[]] }[] = [
  { magic: Buffer.from('BZh'), argv: ['bzip2', '-dc'] },
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), argv: ['xz', '-dc', '-q'] },
];

/** A stream that the native library reads: plain, gzip or zstd. */
export async function* readable(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const head = await readHead(iterator);
  const whole = joined(head, iterator);
  const program = PROGRAMS.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
  yield* program === undefined ? whole : filterThrough({ argv: program.argv, signal }, whole);
}
