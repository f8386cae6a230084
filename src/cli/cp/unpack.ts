// Unpacks what a daemon sent, with tar-fs. The daemon may be hostile, or pass on what a hostile container made: nothing is
// written, removed or changed outside of the directory, nor through a link, nor beside what was asked for.
import { lstatSync, type Stats, unlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar, { type ExtractOptions, type Headers } from 'tar-fs';
import { TskerError } from '../../util/errors.ts';
import { DirectFs, type Seen } from './direct-fs.ts';
import { renameEntry } from './paths.ts';

export interface UnpackRequest {
  /** Absolute and existing. */
  readonly directory: string;
  /** What the archive's first entry is called in it; all others are below it. */
  readonly entry: string;
  /** What it is called from now on; undefined: the same. */
  readonly name: string | undefined;
  readonly warn: (message: string) => void;
}

/** A tar header as tar-stream has it; its types know four kinds and no links. */
type Entry = Omit<Headers, 'type'> & { readonly type: string; linkname?: string | null };

/** Owners are the user's who copies, as with Docker; set-user-id bits of a container are worth nothing here. */
export async function unpackLocal(archive: Readable, request: UnpackRequest): Promise<void> {
  const { directory, entry, name } = request;
  const guard = new Guard(request);
  const fs = new DirectFs(guard);
  let failure: Error | undefined;
  const fail = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new Error(String(error));
    extract.destroy(failure);
  };
  const rename = (header: Entry): Entry => {
    const renamed = renameEntry(header.name, entry, name);
    const target = header.type === 'link' ? renameEntry(header.linkname ?? '', entry, name) : header.linkname;
    if (renamed === undefined || (header.type === 'link' && target === undefined)) {
      fail(new TskerError('corrupt', `the daemon sent ${JSON.stringify(header.name)}, which was not asked for`));
      return header;
    }
    header.name = renamed;
    if (target !== undefined) header.linkname = target;
    return header;
  };
  const skip = (path: string, header?: Headers): boolean => {
    if (failure !== undefined || header === undefined) return true;
    try {
      return !guard.makeWay(resolve(path), header.type);
    } catch (error) {
      fail(error);
      return true;
    }
  };
  const options: ExtractOptions & Record<'umask' | 'chown' | 'validateSymlinks' | 'fs', unknown> = {
    fs,
    map: rename as (header: Headers) => Headers,
    ignore: skip,
    chown: false,
    umask: 0,
    // A link may lead anywhere, as in the container; nothing follows it (Guard).
    validateSymlinks: false,
  };
  const extract = tar.extract(directory, options);
  // The entry that is being unpacked fails with the whole, and tar-fs does not always listen to it.
  extract.on('entry', (_header, stream) => void stream.on('error', fail));
  await pipeline(archive, extract).catch((error: unknown) => {
    throw failure ?? error;
  });
  fs.finish();
}

const KINDS: ReadonlySet<string> = new Set(['file', 'directory', 'symlink', 'link']);

/** Looks at what is there before an entry is unpacked. A directory it has seen stays one: nothing here replaces directories. */
class Guard implements Seen {
  readonly #request: UnpackRequest;
  readonly #root: string;
  readonly #directories = new Set<string>();
  /** Of the entry that is being unpacked. */
  #absent: string | undefined;

  constructor(request: UnpackRequest) {
    this.#request = request;
    this.#root = resolve(request.directory);
    this.#directories.add(this.#root);
  }

  isDirectory(path: string): boolean {
    return this.#directories.has(path);
  }

  isAbsent(path: string): boolean {
    return this.#absent === path;
  }

  /** Removes what an entry replaces; false when the entry is to be left out. Throws when it cannot be unpacked. */
  makeWay(path: string, type: string): boolean {
    this.#absent = undefined;
    // It stays what the user made it.
    if (path === this.#root && type === 'directory') return false;
    if (this.#directories.has(path)) {
      if (type === 'directory') return true;
      throw overwrites('directory', path, 'non-directory');
    }
    this.#checkDirectory(dirname(path));
    if (!KINDS.has(type)) {
      this.#request.warn(`${path} is left out: it is a ${type.replace('-', ' ')}`);
      return false;
    }
    const there = lstat(path);
    if (there === undefined) return this.#fresh(path, type);
    if (there.isDirectory() !== (type === 'directory')) {
      if (there.isDirectory()) throw overwrites('directory', path, 'non-directory');
      throw overwrites('non-directory', path, 'directory');
    }
    if (there.isDirectory()) {
      this.#directories.add(path);
      return true;
    }
    unlinkSync(path);
    return this.#fresh(path, type);
  }

  /** A directory is there as soon as it is made: that is asked anew. */
  #fresh(path: string, type: string): true {
    if (type !== 'directory') this.#absent = path;
    return true;
  }

  /** Every directory on the way is one, and no link; those that are missing are made. */
  #checkDirectory(path: string): void {
    if (this.#directories.has(path)) return;
    this.#checkDirectory(dirname(path));
    const there = lstat(path);
    if (there === undefined) return;
    if (!there.isDirectory())
      throw new TskerError('invalid', `${path} is no directory, and nothing is copied through it`);
    this.#directories.add(path);
  }
}

function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function overwrites(old: string, path: string, fresh: string): TskerError {
  const quoted = JSON.stringify(path);
  return new TskerError('invalid', `cannot overwrite ${old} ${quoted} with ${fresh} ${JSON.stringify(dirname(path))}`);
}
