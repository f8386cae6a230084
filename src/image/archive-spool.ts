// The files of an image archive: the archive comes as a stream, and its table of contents may be last. Large layers are unpacked
// while they pass, the rest lies in a directory of its own below <root>/tmp. Names of the archive are keys, never paths.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_MANIFEST } from '../registry/manifest.ts';
import { type ArchiveLayer, type ArchiveLayerParts, spooledLayer } from './archive-layer.ts';
import { archiveStreaming, type StreamEntry, type Unpacked } from './archive-stream.ts';
import { diskError } from './disk-error.ts';
import { ArchiveNames, corrupt, digestInName, type ImageArchive, verifyNamed } from './image-archive.ts';
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

const PREFIX = 'load-';

export class ArchiveSpool implements ImageArchive {
  readonly #directory: string;
  readonly #names = new ArchiveNames<ArchiveFile>();
  readonly #parts: ArchiveLayerParts;
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
      for await (const entry of readTar(archive)) {
        spool.#names.count();
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
    await Promise.all(this.#names.all().map(async (file) => ('layer' in file ? file.layer.discard() : undefined)));
    await rm(this.#directory, { recursive: true, force: true });
  }

  has(name: string): boolean {
    return this.#names.find(name) !== undefined;
  }

  layer(name: string): ArchiveLayer {
    const file = this.#names.existing(name);
    if ('error' in file) throw file.error;
    return 'layer' in file ? file.layer : spooledLayer(file.path, file.size, this.#parts);
  }

  async diffId(name: string): Promise<string> {
    const { diffId } = this.layer(name);
    const file = this.#names.existing(name);
    return diffId ?? digestOfFile('path' in file ? file.path : '');
  }

  async bytes(name: string): Promise<Buffer> {
    const file = this.#names.existing(name);
    const { path, size } = 'path' in file ? file : { path: '', size: Number.POSITIVE_INFINITY };
    if (size > MAX_MANIFEST) throw corrupt(`${JSON.stringify(name)} is too large`);
    return readFile(path);
  }

  async #take(entry: TarEntry, stream: StreamEntry | undefined): Promise<void> {
    if (entry.type === 'file') await this.#takeFile(entry, stream);
    else this.#names.link(entry);
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
    try {
      verifyNamed(entry.name, digest);
    } catch (error) {
      await layer.discard();
      throw error;
    }
    await this.#set(entry, { layer });
  }

  /** The last of a name counts, whichever is finished first. */
  async #set(entry: TarEntry, file: ArchiveFile): Promise<void> {
    const isLatest = this.#latest.get(entry.name) === entry;
    const out = isLatest ? this.#names.set(entry.name, file) : file;
    if (out !== undefined && 'layer' in out) await out.layer.discard();
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
  const [algorithm = ''] = digest?.split(':') ?? [];
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
  if (hash !== undefined) verifyNamed(entry.name, `${algorithm}:${hash.digest('hex')}`);
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}
