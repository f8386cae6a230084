// The multiplexed stream of a container without a terminal: frames of an 8-byte header {stream, 0, 0, 0, length BE} and a
// payload (Docker API, "Stream format"). Pure: bytes in, runs of one stream out.
import { TskerError } from '../util/errors.ts';

const HEADER_SIZE = 8;

/** Consecutive bytes of one stream. */
export interface OutputRun {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

type Target = OutputRun['stream'] | 'error';

/** What the first byte of a header says: 0 is stdin echoed, 3 an error of the daemon. */
const TARGETS: readonly Target[] = ['stdout', 'stdout', 'stderr', 'error'];

/** Takes the frames apart. Payloads are never held back: a frame of any length costs no memory. */
export class StdcopyDemuxer {
  readonly #header = Buffer.alloc(HEADER_SIZE);
  #headerLength = 0;
  #remaining = 0;
  #target: Target = 'stdout';
  #error = '';

  /** The runs in a piece of the stream, frames of one stream in a row joined; throws `corrupt` and the daemon's errors. */
  push(chunk: Buffer): readonly OutputRun[] {
    const runs: { stream: OutputRun['stream']; bytes: Buffer }[] = [];
    // Log lines are short and frames one line each: copying payloads together saves a write call for every one of them.
    const joined = Buffer.allocUnsafe(chunk.length);
    let start = 0;
    let end = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining === 0) {
        const before = this.#target;
        at = this.#readHeader(chunk, at);
        if (this.#target !== before && end > start && before !== 'error') {
          runs.push({ stream: before, bytes: joined.subarray(start, end) });
          start = end;
        }
        continue;
      }
      const take = Math.min(this.#remaining, chunk.length - at);
      if (this.#target === 'error') this.#error += chunk.toString('utf8', at, at + take);
      else end += chunk.copy(joined, end, at, at + take);
      at += take;
      this.#remaining -= take;
      this.#throwReportedError();
    }
    if (end > start && this.#target !== 'error')
      runs.push({ stream: this.#target, bytes: joined.subarray(start, end) });
    return runs;
  }

  /** Whether the stream could end here. */
  get complete(): boolean {
    return this.#remaining === 0 && this.#headerLength === 0;
  }

  #readHeader(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#header, this.#headerLength, at, at + HEADER_SIZE - this.#headerLength);
    this.#headerLength += copied;
    if (this.#headerLength < HEADER_SIZE) return at + copied;
    this.#headerLength = 0;
    const type = this.#header.readUInt8(0);
    const target = TARGETS[type];
    if (target === undefined)
      throw new TskerError('corrupt', `unrecognized stream type ${type} in the daemon's output`);
    this.#target = target;
    this.#remaining = this.#header.readUInt32BE(4);
    return at + copied;
  }

  #throwReportedError(): void {
    if (this.#target !== 'error' || (this.#remaining > 0 && this.#error.length < 4096)) return;
    throw new TskerError('internal', `error from the daemon in the stream: ${this.#error}`);
  }
}
