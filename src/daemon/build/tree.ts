// A directory of the host as the tree of a build: paths are looked up inside it, by descriptor, and what comes out has no
// link in it. Contexts, layers and workspaces are such directories; none of them changes while it is read.

import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { readable } from '../../builder/context/compression.ts';
import type { Archive, EntryKind, Found, PlaceRequest, TreeEntry, WritableTree } from '../../builder/host.types.ts';
import { type ScanRecord, scanContentEach } from '../../graphdriver/scan.ts';
import { decompress } from '../../image/decompress.ts';
import { ArchiveError } from '../../native/archive-error.ts';
import type { PackResult, StatResult } from '../../native/archive-requests.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../native/linux.ts';
import type { Native } from '../../native/native.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import { streamOf } from './stream.ts';

export type TreeNative = Pick<Native, 'open' | 'close' | 'pipe' | 'stat' | 'pack' | 'packList' | 'place' | 'runPlan'>;

export interface TreeOptions {
  readonly native: TreeNative;
  /** On the host. */
  readonly root: string;
  /** Owners are part of the digests: they are copied. */
  readonly owners: boolean;
  /** What is to be done when it is closed. */
  readonly release: () => Promise<void>;
}

const CHUNK = 1024 * 1024;

export class DirectoryTree implements WritableTree {
  readonly #options: TreeOptions;
  readonly #fd: number;
  readonly #lists = new Map<string, Promise<readonly TreeEntry[]>>();
  #closed = false;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#fd = options.native.open(options.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  }

  async look(path: string): Promise<Found | undefined> {
    const stat = await this.#stat(path);
    if (stat === undefined || (stat.mode & S_IFMT) !== S_IFLNK) return await this.#resolved(path, stat);
    return stat.target === undefined ? undefined : await this.#resolved(stat.target, await this.#stat(stat.target));
  }

  async lookAt(path: string): Promise<Found | undefined> {
    const clean = absolute(path);
    const parent = await this.look(posix.dirname(clean));
    const stat = await this.#stat(clean);
    if (stat === undefined || parent === undefined) return undefined;
    return foundOf(clean === '/' ? '/' : posix.join(parent.path, posix.basename(clean)), stat);
  }

  list(path: string): Promise<readonly TreeEntry[]> {
    const known = this.#lists.get(path) ?? this.#scan(path);
    this.#lists.set(path, known);
    return known;
  }

  async digest({ path, mode, uid, gid, kind }: Found, signal: AbortSignal): Promise<string> {
    const content = createHash('sha256');
    if (kind === 'file')
      for await (const chunk of createReadStream(this.hostPath(path), { signal, highWaterMark: CHUNK }))
        content.update(chunk as Buffer);
    const facts = { mode, uid, gid, content: `${kind}${content.digest('hex')}`, xattrs: 0n };
    return entryDigest(facts, this.#options.owners);
  }

  async readFile(path: string, limit: number): Promise<Uint8Array> {
    await using file = await open(this.hostPath(path));
    const buffer = Buffer.alloc(limit);
    const { bytesRead } = await file.read(buffer, 0, limit, 0);
    return buffer.subarray(0, bytesRead);
  }

  async holdsTar(path: string, signal: AbortSignal): Promise<boolean> {
    const file = createReadStream(this.hostPath(path)) as AsyncIterable<Uint8Array>;
    try {
      for await (const chunk of decompress(readable(file, signal))) {
        return Buffer.from(chunk).subarray(257, 262).toString('latin1') === 'ustar';
      }
      return false;
    } catch (error) {
      // What is no archive of its kind is a file like any other.
      if (error instanceof TskerError && error.code !== 'cancelled') return false;
      throw error;
    }
  }

  async openArchive(path: string, signal: AbortSignal): Promise<Archive> {
    const file = createReadStream(this.hostPath(path), { highWaterMark: CHUNK }) as AsyncIterable<Uint8Array>;
    return streamOf(this.#options.native, readable(file, signal));
  }

  async packFile(path: string, name: string): Promise<Archive> {
    return this.#pack((fd) => this.#options.native.pack({ root: this.#fd, path, name, fd }));
  }

  async packEntries(directory: string, paths: readonly string[]): Promise<Archive> {
    const { native } = this.#options;
    const root = native.open(this.hostPath(directory), O_PATH | O_DIRECTORY | O_CLOEXEC);
    const changes = paths.map((path) => ({ path, deleted: false }));
    const archive = this.#pack((fd) => native.packList({ root, changes, fd }));
    const finished = archive.finished.finally(() => native.close(root));
    finished.catch(() => undefined);
    return { fd: archive.fd, finished };
  }

  hostPath(path: string): string {
    return join(this.#options.root, path);
  }

  async place({ archive, path, owner, mode, signal }: PlaceRequest): Promise<void> {
    this.#lists.clear();
    const { native } = this.#options;
    const request = { root: this.#fd, path, fd: archive.fd, signal };
    const placing = native.place({
      ...request,
      ...(owner === undefined ? {} : { owner }),
      ...(mode === undefined ? {} : { mode }),
    });
    const [placed, packed] = await Promise.allSettled([placing, archive.finished]);
    if (placed.status === 'rejected') throw placingFailed(placed.reason);
    if (packed.status === 'rejected') throw placingFailed(packed.reason);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.native.close(this.#fd);
    await this.#options.release();
  }

  #pack(pack: (fd: number) => Promise<PackResult>): Archive {
    const pipe = this.#options.native.pipe({ nonblock: true, wide: true });
    const finished = pack(pipe.write);
    // Who reads the stream sees its end first; this must not end the daemon meanwhile.
    finished.catch(() => undefined);
    return { fd: pipe.read, finished };
  }

  async #scan(path: string): Promise<readonly TreeEntry[]> {
    const entries: TreeEntry[] = [];
    await scanContentEach(this.#options.native, this.hostPath(path), (some) => {
      for (const record of some) entries.push(entryOf(record, this.#options.owners));
    });
    return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async #stat(path: string): Promise<StatResult | undefined> {
    try {
      return await this.#options.native.stat({ root: this.#fd, path: absolute(path) });
    } catch (error) {
      if (error instanceof ArchiveError && ['path_not_found', 'not_a_directory'].includes(error.reason))
        return undefined;
      throw error;
    }
  }

  /** A path through links, as the one without. */
  async #resolved(path: string, stat: StatResult | undefined): Promise<Found | undefined> {
    if (stat === undefined) return undefined;
    const clean = absolute(path);
    if (clean === '/') return foundOf('/', stat);
    const parent = await this.look(posix.dirname(clean));
    return parent === undefined ? undefined : foundOf(posix.join(parent.path, posix.basename(clean)), stat);
  }
}

function absolute(path: string): string {
  return posix.join('/', path).replace(/(?<=.)\/$/, '');
}

function foundOf(path: string, { mode, uid, gid, size }: StatResult): Found {
  return { path, kind: kindOf(mode), mode: mode & 0o7777, uid, gid, bytes: size };
}

function kindOf(mode: number): EntryKind {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return 'file';
    case S_IFDIR:
      return 'directory';
    case S_IFLNK:
      return 'link';
    default:
      return 'other';
  }
}

function entryOf(record: ScanRecord, owners: boolean): TreeEntry {
  const { mode, uid, gid, bytes, xattrs, digest: content = '' } = record;
  const facts = { mode: mode & 0o7777, uid, gid, content: `${kindOf(mode)}${content}`, xattrs };
  return {
    path: record.path.slice(1),
    kind: kindOf(mode),
    ...{ mode: mode & 0o7777, uid, gid, bytes },
    digest: entryDigest(facts, owners),
  };
}

interface DigestFacts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content: string;
  readonly xattrs: bigint;
}

function entryDigest({ mode, uid, gid, content, xattrs }: DigestFacts, owners: boolean): string {
  const owner = owners ? `${uid}:${gid}` : '';
  return hash('sha256', `${mode} ${owner} ${xattrs} ${content}`);
}

function placingFailed(error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error;
  return new TskerError('invalid', messageOf(error), { cause: error });
}
