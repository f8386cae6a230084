// Reads a stream of chunks by exact amounts, without copying more than it must.
import { TskerError } from '../util/errors.ts';

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
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
    for await (const _ of this.chunks(count));
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
