// The file system that tar-fs unpacks into: what it calls is done at once. It makes its calls one after the other and waits for
// each, which through the thread pool takes longer than the call; nothing else goes on in this process.
import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { Writable } from 'node:stream';

/** What extraction calls (tar-fs, index.js). There is no lchmod on Linux, and owners are not set. */
export const directFs = {
  stat: later(statSync),
  lstat: later(lstatSync),
  mkdir: later(mkdirSync),
  unlink: later(unlinkSync),
  symlink: later(symlinkSync),
  link: later(linkSync),
  realpath: later(realpathSync),
  utimes: later(utimesSync),
  chmod: later(chmodSync),
  createWriteStream: (path: string): Writable => new FileWriter(path),
};

type Callback = (error: unknown, value?: unknown) => void;

/** The callback form of a call. */
function later(call: (...args: never[]) => unknown): (...args: unknown[]) => void {
  return (...args) => {
    const done = args.pop() as Callback;
    let value: unknown;
    try {
      value = (call as (...args: unknown[]) => unknown)(...args);
    } catch (error) {
      done(error);
      return;
    }
    done(null, value);
  };
}

/** Makes or replaces a file. */
class FileWriter extends Writable {
  readonly #path: string;
  #fd: number | undefined;

  constructor(path: string) {
    super();
    this.#path = path;
  }

  override _construct(done: (error?: Error) => void): void {
    this.#attempt(done, () => {
      this.#fd = openSync(this.#path, 'w');
    });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#attempt(done, () => {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#fd ?? -1, chunk, at);
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) {
      done(error);
      return;
    }
    this.#attempt(
      (failure) => done(error ?? failure ?? null),
      () => closeSync(fd),
    );
  }

  #attempt(done: (error?: Error) => void, act: () => void): void {
    try {
      act();
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  }
}
