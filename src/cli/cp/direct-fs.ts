// The file system that tar-fs unpacks into: what it calls is done at once. It makes its calls one after the other and waits for
// each, which through the thread pool takes longer than the call; nothing else goes on in this process.
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import type { Writable } from 'node:stream';
import { FileWriter } from '../output/file-writer.ts';

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
