// Writes assets of the executable into a private directory. What is there already is trusted only when it is ours and
// equal byte by byte; a file in use is replaced, never written to.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { getRawAsset } from 'node:sea';
import { TskerError } from '../util/errors.ts';

/** Each asset becomes a file named like the last part of its key. Throws TskerError `forbidden` on a foreign directory. */
export function unpackAssets(keys: readonly string[], directory: string): void {
  preparePrivateDirectory(directory);
  for (const key of keys) placeFile(join(directory, basename(key)), new Uint8Array(getRawAsset(key)));
}

/** Takes the files back out of a directory that turned out to be of no use; the directory too when it is empty then. */
export function removeAssets(keys: readonly string[], directory: string): void {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  for (const key of keys) rmSync(join(directory, basename(key)), { force: true });
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}

/** Makes the directory, or makes sure that nobody else can have put code there. */
export function preparePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const status = lstatSync(directory);
  if (!status.isDirectory() || status.uid !== process.geteuid?.()) {
    throw new TskerError('forbidden', `${directory} is not a directory of this user`);
  }
  if ((status.mode & 0o077) !== 0) chmodSync(directory, 0o700);
}

/** Writes `content` unless the file has it; two daemons that start together both end with a whole file. */
export function placeFile(path: string, content: Uint8Array): void {
  if (hasContent(path, content)) return;
  const temporary = `${path}.${process.pid}`;
  try {
    rmSync(temporary, { force: true });
    writeFileSync(temporary, content, { flag: 'wx', mode: 0o700 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function hasContent(path: string, content: Uint8Array): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined || !status.isFile() || status.size !== content.length) return false;
  return readFileSync(path).equals(content);
}
