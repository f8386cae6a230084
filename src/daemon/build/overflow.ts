// Lines that wait until somebody hears them, in a file that has no name: it is gone when it is closed, or the daemon ends.
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, read, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Overflow } from '../../builder/host.types.ts';
import { TskerError } from '../../util/errors.ts';

const readAt = promisify(read);
const CHUNK = 256 * 1024;
const NEWLINE = 10;

export function openOverflow(directory: string): Overflow {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `overflow-${randomUUID()}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return new LineFile(fd);
}

class LineFile implements Overflow {
  readonly #fd: number;
  /** Bytes in the file, and how many of them have been read. */
  #written = 0;
  #taken = 0;
  /** Read, and not heard yet. */
  #rest = Buffer.alloc(0);

  constructor(fd: number) {
    this.#fd = fd;
  }

  get isRead(): boolean {
    return this.#rest.length === 0 && this.#taken === this.#written;
  }

  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    for (let at = 0; at < bytes.length; ) {
      const count = writeSync(this.#fd, bytes, at, bytes.length - at, this.#written);
      at += count;
      this.#written += count;
    }
  }

  async line(): Promise<string> {
    let end = this.#rest.indexOf(NEWLINE);
    while (end < 0) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const { bytesRead } = await readAt(this.#fd, chunk, 0, CHUNK, this.#taken);
      if (bytesRead === 0) throw new TskerError('internal', 'what a build has said is not there any more');
      this.#taken += bytesRead;
      const before = this.#rest.length;
      this.#rest = Buffer.concat([this.#rest, chunk.subarray(0, bytesRead)]);
      end = this.#rest.indexOf(NEWLINE, before);
    }
    const line = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
