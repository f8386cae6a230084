// The files of an image archive: the archive comes as a stream, and its table of contents may be last. Large layers are unpacked
// while they pass, the rest lies in a directory of its own below <root>/tmp. Names of the archive are keys, never paths.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '../registry/digest.ts';
import { MAX_MANIFEST } from '../registry/manifest.ts';
import { TskerError } from '../util/errors.ts';
import { type ArchiveLayer, type ArchiveLayerParts, spooledLayer } from './archive-layer.ts';
import { archiveStreaming, type StreamEntry, type Unpacked } from './archive-stream.ts';
import { diskError } from './disk-error.ts';
import { readTar, type TarEntry } from './tar-reader.ts';

export interface SpooledFile {
  readonly path: string;
  readonly size: number;
}

/** A file of the archive: on the disk, unpacked as a layer when it passed, or a layer that could not be. */
type ArchiveFile = SpooledFile | { readonly layer: ArchiveLayer } | { readonly error: Error };

export interface SpoolOptions extends ArchiveLayerParts {
  readonly tmp: string;
  readonly signal: AbortSignal;
}

/** No archive of images has more files: three for each of 125 layers of each of its images. */
const MAX_ENTRIES = 50_000;
const MAX_LINKS = 10;
const PREFIX = 'load-';

export class ArchiveSpool {
  readonly #directory: string;
  readonly #files = new Map<string, ArchiveFile>();
  readonly #parts: ArchiveLayerParts;
  readonly #links = new Map<string, string>();
  readonly #latest = new Map<string, TarEntry>();
  /** Names on the disk. */
  #count = 0;
  /** The layer before, whose last bytes are being written while the archive is read on. */
  #unpacking: Promise<void> = Promise.resolve();

  private constructor(directory: string, parts: ArchiveLayerParts) {
    this.#directory = directory;
    this.#parts = parts;
  }

  /** Reads the whole archive; leaves nothing when that fails. `tmp` is made when missing. */
  static async read(archive: AsyncIterable<Uint8Array>, options: SpoolOptions): Promise<ArchiveSpool> {
    const { tmp, signal, ...parts } = options;
    await mkdir(tmp, { recursive: true, mode: 0o700 });
    const spool = new ArchiveSpool(await mkdtemp(join(tmp, PREFIX)), parts);
    const stream = archiveStreaming(parts, signal);
    try {
      let count = 0;
      for await (const entry of readTar(archive)) {
        count += 1;
        if (count > MAX_ENTRIES) throw new TskerError('corrupt', `invalid archive: more than ${MAX_ENTRIES} entries`);
        await spool.#take(entry, stream);
      }
      await spool.#unpacking;
      return spool;
    } catch (error) {
      await spool.remove();
      throw diskError(error, 'reading the archive');
    }
  }

  async remove(): Promise<void> {
    // Who read the archive has been told of its failure.
    await this.#unpacking.catch(() => undefined);
    await Promise.all(
      [...this.#files.values()].map(async (file) => ('layer' in file ? file.layer.discard() : undefined)),
    );
    await rm(this.#directory, { recursive: true, force: true });
  }

  names(): string[] {
    return [...this.#files.keys(), ...this.#links.keys()];
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** The layer of that name, links followed. Throws `corrupt` when the archive has none. */
  layer(name: string): ArchiveLayer {
    const file = this.#existing(name);
    if ('error' in file) throw file.error;
    return 'layer' in file ? file.layer : spooledLayer(file.path, file.size, this.#parts);
  }

  /** The digest of a layer that is a plain tar. */
  async diffId(name: string): Promise<string> {
    const { diffId } = this.layer(name);
    const file = this.#existing(name);
    return diffId ?? digestOfFile('path' in file ? file.path : '');
  }

  /** A small file's bytes. */
  async bytes(name: string): Promise<Buffer> {
    const file = this.#existing(name);
    const { path, size } = 'path' in file ? file : { path: '', size: Number.POSITIVE_INFINITY };
    if (size > MAX_MANIFEST) throw new TskerError('corrupt', `invalid archive: ${JSON.stringify(name)} is too large`);
    return readFile(path);
  }

  async #take(entry: TarEntry, stream: StreamEntry | undefined): Promise<void> {
    if (entry.type === 'file') await this.#takeFile(entry, stream);
    else if (entry.type === 'link') this.#links.set(entry.name, entry.target);
    // A symbolic link starts from the directory it lies in.
    else if (entry.type === 'symlink') this.#links.set(entry.name, join('/', entry.name, '..', entry.target).slice(1));
  }

  async #takeFile(entry: TarEntry, stream: StreamEntry | undefined): Promise<void> {
    this.#latest.set(entry.name, entry);
    const streamed = (await stream?.(entry)) ?? entry;
    if ('unpacked' in streamed) {
      const before = this.#unpacking;
      this.#unpacking = streamed.unpacked.then((unpacked) => this.#takeUnpacked(entry, unpacked));
      this.#unpacking.catch(() => undefined);
      return await before;
    }
    const path = join(this.#directory, String(this.#count++));
    await writeBody(path, { ...entry, body: streamed.body });
    await this.#set(entry, { path, size: entry.size });
  }

  async #takeUnpacked(entry: TarEntry, unpacked: Unpacked): Promise<void> {
    if ('error' in unpacked) return await this.#set(entry, unpacked);
    const { layer, digest } = unpacked;
    const named = digestInName(entry.name);
    if (named === undefined || named === digest) return await this.#set(entry, { layer });
    await layer.discard();
    throw otherDigest(named);
  }

  /** The last of a name counts, whichever is finished first. */
  async #set(entry: TarEntry, file: ArchiveFile): Promise<void> {
    const isLatest = this.#latest.get(entry.name) === entry;
    const out = isLatest ? this.#files.get(entry.name) : file;
    if (isLatest) this.#files.set(entry.name, file);
    if (out !== undefined && 'layer' in out) await out.layer.discard();
  }

  #existing(name: string): ArchiveFile {
    const file = this.#find(name);
    if (file !== undefined) return file;
    throw new TskerError('corrupt', `invalid archive: ${JSON.stringify(name)} is missing`);
  }

  #find(name: string): ArchiveFile | undefined {
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
    throw otherDigest(digest);
  }
}

function otherDigest(digest: string | undefined): TskerError {
  return new TskerError('corrupt', `invalid archive: the blob ${digest} has another digest`);
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
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
