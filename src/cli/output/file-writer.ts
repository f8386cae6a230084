// A file as a stream whose writes are done at once: through the thread pool each takes longer than the call, and its source is
// held back meanwhile. For a process in which nothing else goes on.
import { closeSync, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

export interface FileOptions {
  /** As of open(2) in Node's letters; default `w`: made or emptied. */
  readonly flags?: string;
  readonly mode?: number;
}

type Done = (error?: Error | null) => void;

export class FileWriter extends Writable {
  readonly #path: string;
  readonly #options: FileOptions;
  #fd: number | undefined;

  constructor(path: string, options: FileOptions = {}) {
    super();
    this.#path = path;
    this.#options = options;
  }

  override _construct(done: Done): void {
    const { flags = 'w', mode = 0o666 } = this.#options;
    attempt(done, () => {
      this.#fd = openSync(this.#path, flags, mode);
    });
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    const fd = this.#fd;
    attempt(done, () => {
      for (let at = 0; fd !== undefined && at < chunk.length; ) at += writeSync(fd, chunk, at);
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) done(error);
    else
      attempt(
        (failure) => done(error ?? failure ?? null),
        () => closeSync(fd),
      );
  }
}

function attempt(done: Done, act: () => void): void {
  try {
    act();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done();
}
