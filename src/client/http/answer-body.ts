// The body of one answer, taken whole or as a stream. Taken whole it never becomes a stream of Node's: making one and
// iterating over it would cost a small command more than the request itself.
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { TskerError } from '../../util/errors.ts';
import { YoungGarbage } from '../../util/young-garbage.ts';

/** Bytes kept for a reader that has not come yet; beyond this the daemon waits. */
const MAX_UNREAD = 64 * 1024;

/** Bytes that wait in a stream before the daemon does. */
const BUFFERED = 512 * 1024;

interface Reader {
  /** False when no more should come for now. */
  take(piece: Buffer): boolean;
  end(): void;
  fail(error: Error): void;
}

export class AnswerBody {
  readonly #socket: Duplex;
  readonly #unread: Buffer[] = [];
  #size = 0;
  #ended = false;
  #error: Error | undefined;
  #reader: Reader | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Everything, once it is there. Throws `corrupt` when it is longer than `limit` bytes. */
  collect(limit: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let size = 0;
      this.#attach({
        take: (piece) => {
          size += piece.length;
          pieces.push(piece);
          if (size <= limit) return true;
          this.discard();
          reject(new TskerError('corrupt', `the daemon's answer is longer than ${limit} bytes`));
          return false;
        },
        end: () => resolve(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)),
        fail: reject,
      });
    });
  }

  /** As it comes; the daemon is read from only as fast as the stream is. */
  stream(): Readable {
    const garbage = new YoungGarbage();
    const stream = new Readable({
      highWaterMark: BUFFERED,
      read: () => this.#socket.resume(),
      destroy: (error, done) => {
        this.discard();
        done(error);
      },
    });
    this.#attach({
      take: (piece) => {
        garbage.passed(piece.length);
        return stream.push(piece);
      },
      end: () => stream.push(null),
      fail: (error) => stream.destroy(error),
    });
    return stream;
  }

  /** Hangs up: nobody wants what is left. */
  discard(): void {
    this.#socket.destroy();
  }

  push(piece: Buffer): void {
    if (this.#reader !== undefined) {
      if (!this.#reader.take(piece)) this.#socket.pause();
      return;
    }
    this.#unread.push(piece);
    this.#size += piece.length;
    if (this.#size > MAX_UNREAD) this.#socket.pause();
  }

  end(): void {
    this.#ended = true;
    this.#reader?.end();
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#error = error;
    this.#reader?.fail(error);
  }

  #attach(reader: Reader): void {
    if (this.#reader !== undefined) throw new TypeError('the body of an answer can be read once');
    this.#reader = reader;
    for (const piece of this.#unread.splice(0)) reader.take(piece);
    if (this.#error !== undefined) reader.fail(this.#error);
    else if (this.#ended) reader.end();
    else this.#socket.resume();
  }
}
