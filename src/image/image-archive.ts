// An archive of images, seen by the names of its files: what finds the images in it and unpacks them need not know whether it came
// as a stream (archive-spool.ts) or lies in a file (archive-file.ts). Names are keys, never paths on the disk.
import { join } from 'node:path';
import { isDigest } from '../registry/digest.ts';
import { TskerError } from '../util/errors.ts';
import type { ArchiveLayer } from './archive-layer.ts';
import type { TarEntry } from './tar-reader.ts';

export interface ImageArchive {
  has(name: string): boolean;
  /** The layer of that name, links followed. Throws `corrupt` when the archive has none. */
  layer(name: string): ArchiveLayer;
  /** The digest of a layer that is a plain tar. */
  diffId(name: string): Promise<string>;
  /** A small file's bytes. */
  bytes(name: string): Promise<Buffer>;
  /** Ends the use of the archive. */
  remove(): Promise<void>;
}

/** No archive of images has more files: three for each of 125 layers of each of its images. */
const MAX_ENTRIES = 50_000;
const MAX_LINKS = 10;

/** Files by name, and the links among them. */
export class ArchiveNames<File> {
  readonly #files = new Map<string, File>();
  readonly #links = new Map<string, string>();
  #count = 0;

  /** Call it for each entry. Throws `corrupt` when there are too many. */
  count(): void {
    this.#count += 1;
    if (this.#count > MAX_ENTRIES) throw corrupt(`more than ${MAX_ENTRIES} entries`);
  }

  /** Notes what is a link. */
  link({ type, name, target }: TarEntry): void {
    if (type === 'link') this.#links.set(name, target);
    // A symbolic link starts from the directory it lies in.
    else if (type === 'symlink') this.#links.set(name, join('/', name, '..', target).slice(1));
  }

  /** The last of a name counts; answers the one before. */
  set(name: string, file: File): File | undefined {
    const before = this.#files.get(name);
    this.#files.set(name, file);
    return before;
  }

  all(): File[] {
    return [...this.#files.values()];
  }

  /** Throws `corrupt` when there is none. */
  existing(name: string): File {
    const file = this.find(name);
    if (file !== undefined) return file;
    throw corrupt(`${JSON.stringify(name)} is missing`);
  }

  find(name: string): File | undefined {
    let current = normalize(name);
    for (let hops = 0; hops <= MAX_LINKS; hops += 1) {
      const file = this.#files.get(current);
      if (file !== undefined) return file;
      const target = this.#links.get(current);
      if (target === undefined) return undefined;
      current = normalize(target);
    }
    return undefined;
  }
}

/** The digest that a blob's name says (`blobs/sha256/…`). */
export function digestInName(name: string): string | undefined {
  const match = /^blobs\/([a-z0-9]+)\/([0-9a-f]+)$/.exec(name);
  const digest = `${match?.[1]}:${match?.[2]}`;
  return isDigest(digest) ? digest : undefined;
}

/** Throws when the name of a blob says another digest. */
export function verifyNamed(name: string, digest: string): void {
  const named = digestInName(name);
  if (named !== undefined && named !== digest) throw corrupt(`the blob ${named} has another digest`);
}

export function corrupt(what: string): TskerError {
  return new TskerError('corrupt', `invalid archive: ${what}`);
}

/** The key of a name: what leaves the archive is no key of it. */
function normalize(name: string): string {
  return join('/', name).slice(1);
}
