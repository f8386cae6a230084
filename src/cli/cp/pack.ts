// Packs a file or directory of this machine for a container, with tar-fs. What a tar of tar-fs cannot hold (devices, pipes,
// sockets) is left out, and said so.
import fs, { lstatSync } from 'node:fs';
import { join } from 'node:path';
import tar, { type Headers, type PackOptions } from 'tar-fs';
import { renameEntry, splitEntry } from './paths.ts';

export interface PackRequest {
  /** Absolute; with `/.` at its end it is the content of a directory. */
  readonly path: string;
  /** What its entry is called; undefined: as it is. */
  readonly name: string | undefined;
  readonly warn: (message: string) => void;
}

/** Few large pieces are faster on their way than many small ones. */
const PIECE = 1024 * 1024;

function readLarge(path: string, range: { readonly start: number; readonly end: number }): fs.ReadStream {
  return fs.createReadStream(path, { ...range, highWaterMark: PIECE });
}

export function packLocal({ path, name, warn }: PackRequest): AsyncIterable<Uint8Array> {
  const { directory, base } = splitEntry(path);
  const rename = (header: Headers): Headers => {
    header.name = renameEntry(header.name, base, name) ?? header.name;
    return header;
  };
  const ignore = (one: string): boolean => {
    const stats = lstatSync(one, { throwIfNoEntry: false });
    if (stats === undefined || stats.isFile() || stats.isDirectory() || stats.isSymbolicLink()) return false;
    warn(`${one} is left out: it is neither a file, a directory nor a link`);
    return true;
  };
  const options: PackOptions & { readonly umask: number; readonly fs: object } = {
    ...{ entries: [base], map: rename, ignore, umask: 0 },
    fs: { ...fs, createReadStream: readLarge },
  };
  // Named itself, it is no use to leave it out.
  const stats = lstatSync(join(directory, base));
  if (!stats.isDirectory() && !stats.isFile() && !stats.isSymbolicLink()) options.strict = true;
  return tar.pack(directory, options) as AsyncIterable<Uint8Array>;
}
