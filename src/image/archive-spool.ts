// The files of an image archive on the disk, in a directory of its own below <root>/tmp: the archive comes as a stream,
// and its table of contents may be last. Names of the archive are keys, never paths.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '../registry/digest.ts';
import { MAX_MANIFEST } from '../registry/manifest.ts';
import { TskerError } from '../util/errors.ts';
import { diskError } from './disk-error.ts';
import { readTar, type TarEntry } from './tar-reader.ts';

export interface SpooledFile {
  readonly path: string;
  readonly size: number;
}

/** No archive of images has more files: three for each of 125 layers of each of its images. */
const MAX_ENTRIES = 50_000;
const MAX_LINKS = 10;
const PREFIX = 'load-';

export class ArchiveSpool {
  readonly #directory: string;
  readonly #files = new Map<string, SpooledFile>();
  readonly #links = new Map<string, string>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads the whole archive; leaves nothing when that fails. `tmp` is made when missing. */
  static async read(archive: AsyncIterable<Uint8Array>, tmp: string): Promise<ArchiveSpool> {
    await mkdir(tmp, { recursive: true, mode: 0o700 });
    const spool = new ArchiveSpool(await mkdtemp(join(tmp, PREFIX)));
    try {
      let count = 0;
      for await (const entry of readTar(archive)) {
        count += 1;
        if (count > MAX_ENTRIES) throw new TskerError('corrupt', `invalid archive: more than ${MAX_ENTRIES} entries`);
        await spool.#take(entry);
      }
      return spool;
    } catch (error) {
      await spool.remove();
      throw diskError(error, 'reading the archive');
    }
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  names(): string[] {
    return [...this.#files.keys(), ...this.#links.keys()];
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** The file of that name, links followed. Throws `corrupt` when the archive has none. */
  file(name: string): SpooledFile {
    const file = this.#find(name);
    if (file === undefined) throw new TskerError('corrupt', `invalid archive: ${JSON.stringify(name)} is missing`);
    return file;
  }

  /** A small file's bytes. */
  async bytes(name: string): Promise<Buffer> {
    const { path, size } = this.file(name);
    if (size > MAX_MANIFEST) throw new TskerError('corrupt', `invalid archive: ${JSON.stringify(name)} is too large`);
    return readFile(path);
  }

  async #take(entry: TarEntry): Promise<void> {
    if (entry.type === 'file') {
      const path = join(this.#directory, String(this.#files.size));
      await writeBody(path, entry);
      this.#files.set(entry.name, { path, size: entry.size });
    } else if (entry.type === 'link') this.#links.set(entry.name, entry.target);
    // A symbolic link starts from the directory it lies in.
    else if (entry.type === 'symlink') this.#links.set(entry.name, join('/', entry.name, '..', entry.target).slice(1));
  }

  #find(name: string): SpooledFile | undefined {
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

/** Removes what loads of a daemon that was killed left in `tmp`; call it before the first load. */
export async function removeSpools(tmp: string): Promise<void> {
  const names = existsSync(tmp) ? await readdir(tmp) : [];
  const spools = names.filter((name) => name.startsWith(PREFIX));
  await Promise.all(spools.map((name) => rm(join(tmp, name), { recursive: true, force: true })));
}

/** Writes an entry; when its name says its digest (`blobs/sha256/…`), that is verified on the way. */
async function writeBody(path: string, entry: TarEntry): Promise<void> {
  const digest = digestInName(entry.name);
  const [algorithm = '', hex = ''] = digest?.split(':') ?? [];
  const hash = digest === undefined ? undefined : createHash(algorithm);
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of entry.body) {
      hash?.update(chunk);
      for (let rest = chunk; rest.length > 0; ) rest = rest.subarray((await file.write(rest)).bytesWritten);
    }
  } finally {
    await file.close();
  }
  if (hash !== undefined && hash.digest('hex') !== hex) {
    throw new TskerError('corrupt', `invalid archive: the blob ${digest} has another digest`);
  }
}

function digestInName(name: string): string | undefined {
  const match = /^blobs\/([a-z0-9]+)\/([0-9a-f]+)$/.exec(name);
  const digest = `${match?.[1]}:${match?.[2]}`;
  return isDigest(digest) ? digest : undefined;
}

/** The key of a name: what leaves the archive is no key of it. */
function normalize(name: string): string {
  return join('/', name).slice(1);
}
