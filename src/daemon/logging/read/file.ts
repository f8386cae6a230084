// One file of a log as chunks of bytes: plain by positions, compressed as a stream. A file is told to be compressed by its
// first bytes, for rotation renames what is open.
import { close, createReadStream, fstat, read } from 'node:fs';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { parseTimestamp } from '../../clock.ts';
import { countLines, findTail, skipLines } from './line-parser.ts';

const CHUNK = 256 * 1024;
const GZIP = [0x1f, 0x8b];
const EXTRA = 4;
/** Of a gzip header, extra field included. */
const HEADER_MAX = 512;
/** Milliseconds, generously. */
const TICK = 1000;

const readAsync = promisify(read);
const fstatAsync = promisify(fstat);
const closeAsync = promisify(close);

/** Where reading begins. */
export interface Start {
  /** Bytes, in a plain file. */
  readonly offset: number;
  /** Lines, in a compressed one. */
  readonly skip: number;
}

export const FROM_THE_START: Start = { offset: 0, skip: 0 };

export class LogFile {
  readonly #fd: number;
  readonly #compressed: boolean;
  readonly #lastTime: bigint | undefined;
  /** Kept: who follows reads at every append, and buffers that are garbage at once are what collections are made of. */
  #buffer: Buffer | undefined;

  private constructor(fd: number, head: Buffer) {
    this.#fd = fd;
    this.#compressed = head[0] === GZIP[0] && head[1] === GZIP[1];
    this.#lastTime = this.#compressed ? readLastTime(head) : undefined;
  }

  /** Takes over the descriptor. */
  static async open(fd: number): Promise<LogFile> {
    const head = Buffer.alloc(HEADER_MAX);
    const { bytesRead } = await readAsync(fd, head, 0, HEADER_MAX, 0);
    return new LogFile(fd, head.subarray(0, bytesRead));
  }

  async close(): Promise<void> {
    await closeAsync(this.#fd);
  }

  async size(): Promise<number> {
    return (await fstatAsync(this.#fd)).size;
  }

  /** True when all its lines are known to be older: only a file that is not written any more can be. */
  async endsBefore(time: bigint): Promise<boolean> {
    if (this.#compressed) return this.#lastTime !== undefined && this.#lastTime < time;
    // The kernel's clock for files is behind by a tick.
    const { mtimeMs } = await fstatAsync(this.#fd);
    return BigInt(Math.ceil(mtimeMs) + TICK) * 1_000_000n < time;
  }

  /** From `start` to the end, or to `limit` bytes of a plain file. The chunk is valid until the next is asked for. */
  async *chunks(start: Start, limit = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    if (this.#compressed) {
      yield* this.#inflated(start.skip);
      return;
    }
    this.#buffer ??= Buffer.allocUnsafeSlow(CHUNK);
    const buffer = this.#buffer;
    for (let position = start.offset; position < limit; ) {
      const { bytesRead } = await readAsync(this.#fd, buffer, 0, Math.min(CHUNK, limit - position), position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** Where the last `wanted` lines begin, or how many there are when they are fewer. */
  async tail(wanted: number, limit: number): Promise<Start | { readonly found: number }> {
    return this.#compressed ? await this.#tailCompressed(wanted) : await this.#tailPlain(wanted, limit);
  }

  async #tailPlain(wanted: number, limit: number): Promise<Start | { readonly found: number }> {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    let left = wanted;
    for (let end = Math.min(limit, await this.size()); end > 0; ) {
      const start = Math.max(0, end - CHUNK);
      const { bytesRead } = await readAsync(this.#fd, buffer, 0, end - start, start);
      const result = findTail(buffer.subarray(0, bytesRead), left);
      if ('offset' in result) return { offset: start + result.offset, skip: 0 };
      left -= result.found;
      end = start;
    }
    return { found: wanted - left };
  }

  /** Read twice: what is inflated may be too much to keep. */
  async #tailCompressed(wanted: number): Promise<Start | { readonly found: number }> {
    let found = 0;
    for await (const chunk of this.#inflated(0)) found += countLines(chunk);
    return found > wanted ? { offset: 0, skip: found - wanted } : { found };
  }

  async *#inflated(skip: number): AsyncGenerator<Buffer> {
    // `start`: by position, for the descriptor may be shared.
    const source = createReadStream('', { fd: this.#fd, start: 0, autoClose: false, highWaterMark: CHUNK });
    const gunzip = createGunzip({ chunkSize: CHUNK });
    source.on('error', (error) => gunzip.destroy(error));
    let left = skip;
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      const offset = left === 0 ? 0 : skipLines(chunk, left);
      if (offset === undefined) {
        left -= countLines(chunk);
        continue;
      }
      left = 0;
      if (offset < chunk.length) yield chunk.subarray(offset);
    }
  }
}

/** `{"lastTime":"…"}` in the extra field, as Docker and native/lib/pump_gzip.c write it. */
function readLastTime(head: Buffer): bigint | undefined {
  if (head.length < 12 || ((head[3] ?? 0) & EXTRA) === 0) return undefined;
  const extra = head.toString('latin1', 12, 12 + head.readUInt16LE(10));
  const time = /"lastTime":"([^"]*)"/.exec(extra)?.[1];
  try {
    return time === undefined ? undefined : parseTimestamp(time);
  } catch {
    return undefined;
  }
}
