// Reads a stream of chunks by exact amounts, without copying more than it must, and without reading what is skipped where the
// source can leave it out.
import { TskerError } from '../util/errors.ts';

export interface ByteSource extends AsyncIterable<Uint8Array> {
  /** The next chunk begins so many bytes later. Absent: the source has to be read. */
  skip?(count: number): void;
}

export class ByteReader {
  readonly #bytes: ByteSource;
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  #position = 0;

  constructor(source: ByteSource) {
    this.#bytes = source;
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes taken and skipped so far. */
  get position(): number {
    return this.#position;
  }

  /** Exactly `count` bytes; undefined when the stream is at its end. Throws `corrupt` when it ends in between. */
  async take(count: number): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = [];
    for await (const part of this.#upTo(count)) parts.push(part);
    const bytes = Buffer.concat(parts);
    if (bytes.length === count) return bytes;
    if (bytes.length === 0) return undefined;
    throw truncated();
  }

  /** Exactly `count` bytes as they come; throws `corrupt` when the stream ends before. */
  async *chunks(count: number): AsyncGenerator<Uint8Array> {
    let left = count;
    for await (const part of this.#upTo(count)) {
      left -= part.length;
      yield part;
    }
    if (left > 0) throw truncated();
  }

  async skip(count: number): Promise<void> {
    const held = this.#bytes.skip === undefined ? count : Math.min(count, this.#rest.length);
    for await (const _ of this.chunks(held));
    this.#bytes.skip?.(count - held);
    this.#position += count - held;
  }

  async *#upTo(count: number): AsyncGenerator<Uint8Array> {
    let left = count;
    while (left > 0) {
      if (this.#rest.length === 0) {
        const next = await this.#source.next();
        if (next.done === true) return;
        this.#rest = next.value;
        continue;
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      this.#position += part.length;
      yield part;
    }
  }

  /** Reads to the end, so that whoever writes the stream can finish; at most `limit` bytes. */
  async drain(limit: number): Promise<void> {
    let left = limit;
    for await (const part of this.#upTo(limit)) left -= part.length;
    if (left === 0) throw new TskerError('corrupt', 'invalid archive: too much data after its end');
  }
}

function truncated(): TskerError {
  return new TskerError('corrupt', 'invalid archive: unexpected EOF');
}
