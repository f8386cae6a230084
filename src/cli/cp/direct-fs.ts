// The file system that tar-fs unpacks into: what it calls is done at once. It makes its calls one after the other and waits for
// each, which through the thread pool takes longer than the call; nothing else goes on in this process. What has been looked at
// for an entry is not looked at again: tar-fs would ask four times more for every file.
import {
  chmodSync,
  linkSync,
  lstatSync,
  type MakeDirectoryOptions,
  mkdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import type { Writable } from 'node:stream';
import { FileWriter } from '../output/file-writer.ts';

/** What is known of the target, by absolute paths without a slash at their end. */
export interface Seen {
  /** It is a directory, and stays one. */
  isDirectory(path: string): boolean;
  /** It was looked for a moment ago, and is not there. */
  isAbsent(path: string): boolean;
}

type Callback = (error: unknown, value?: unknown) => void;

/** As much of lstat(2) as extraction asks for. */
const DIRECTORY = { isDirectory: () => true, isSymbolicLink: () => false };
/** Made once: an error costs more than the call that fails. */
const ABSENT = Object.assign(new Error('no such file or directory'), { code: 'ENOENT' });

/** What extraction calls (tar-fs, index.js). There is no lchmod on Linux, and owners are not set. */
export class DirectFs {
  readonly unlink = later(unlinkSync);
  readonly symlink = later(symlinkSync);
  readonly link = later(linkSync);
  readonly realpath = later(realpathSync);
  readonly chmod = later(chmodSync);
  readonly stat: (path: string, done: Callback) => void;
  readonly lstat: (path: string, done: Callback) => void;
  readonly #seen: Seen;
  readonly #made = new Set<string>();
  /** Directories get theirs when all is in them: each entry would change it. */
  readonly #times = new Map<string, readonly [accessed: Date, modified: Date]>();

  constructor(seen: Seen) {
    this.#seen = seen;
    this.stat = this.#known(later(statSync));
    this.lstat = this.#known(later(lstatSync));
  }

  /** What was there has been removed: no file is written that something else stands for meanwhile. */
  createWriteStream(path: string): Writable {
    return new FileWriter(path, { flags: 'wx' });
  }

  readonly mkdir = (path: string, options: MakeDirectoryOptions, done: Callback): void => {
    makeDirectory(path, options, (error: unknown) => {
      if (error === null) this.#made.add(withoutSlash(path));
      done(error);
    });
  };

  readonly utimes = (path: string, accessed: Date, modified: Date, done: Callback): void => {
    const name = withoutSlash(path);
    if (this.#made.has(name) || this.#seen.isDirectory(name)) {
      this.#times.set(name, [accessed, modified]);
      done(null);
    } else {
      setTimes(path, accessed, modified, done);
    }
  };

  /** Call it when the last entry has been unpacked. */
  finish(): void {
    for (const [path, [accessed, modified]] of this.#times) utimesSync(path, accessed, modified);
    this.#times.clear();
  }

  #known(ask: (path: string, done: Callback) => void): (path: string, done: Callback) => void {
    return (path, done) => {
      const name = withoutSlash(path);
      if (this.#seen.isAbsent(name)) done(ABSENT);
      else if (this.#seen.isDirectory(name)) done(null, DIRECTORY);
      else ask(path, done);
    };
  }
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

const setTimes = later(utimesSync);
const makeDirectory = later(mkdirSync);

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
