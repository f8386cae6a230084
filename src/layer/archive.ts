// Trees as tar streams, out of and into a root: what cp, export, commit and save are made of. Where a root comes from is
// archive-root.ts's and runtime/archive.ts's matter; what Docker calls the verbs' failures is theirs.
import { ArchiveError, type ArchiveReason } from '../native/archive-error.ts';
import type { IdMaps, PackResult, PlaceResult } from '../native/archive-requests.ts';
import type { Native } from '../native/native.ts';
import { archiveName, containerPath, type PathStat, pathStat } from './archive-path.ts';

export { ArchiveError, type ArchiveReason };

/** Opened by `openPath`: the thing itself, whatever its name stands for by now. Close it when the archive is finished. */
export interface OpenedPath {
  readonly stat: PathStat;
  /** O_PATH. */
  readonly fd: number;
  /** What its entry in an archive is called. */
  readonly name: string;
  close(): void;
}

/** An archive under way. */
export interface Packed {
  /** The read end of a pipe, the caller's: at its end the archive is complete, or `finished` rejects. */
  readonly fd: number;
  readonly finished: Promise<PackResult>;
}

export interface PackOptions {
  readonly ids?: IdMaps;
  readonly digest?: boolean;
  readonly signal?: AbortSignal;
}

/** What is at a path, and itself. Throws ArchiveError `path_not_found`, `not_a_directory` (below a file) or `path`. */
export async function openPath(
  native: Pick<Native, 'stat' | 'close'>,
  { root, path }: { readonly root: number; readonly path: string },
): Promise<OpenedPath> {
  const cleaned = containerPath(path);
  const { fd, ...found } = await native.stat({ root, path: cleaned, open: true });
  if (fd === undefined) throw new Error('a path was opened without a descriptor');
  return { stat: pathStat(cleaned, found), fd, name: archiveName(cleaned), close: () => native.close(fd) };
}

/** The same without keeping it open. */
export async function statPath(
  native: Pick<Native, 'stat'>,
  { root, path }: { readonly root: number; readonly path: string },
): Promise<PathStat> {
  const cleaned = containerPath(path);
  return pathStat(cleaned, await native.stat({ root, path: cleaned }));
}

/** Where an archive goes. */
export interface Outlet {
  /** Taken over. */
  readonly fd: number;
  /** In chunks of HTTP/1.1, all but the last (of size 0). */
  readonly chunked?: boolean;
}

/** Writes an archive to where it is told. */
export type Packing = (outlet: Outlet) => Promise<PackResult>;

/** One file or directory with all below it, as `GET /containers/{id}/archive` sends it. */
export function packPathTo(native: Pick<Native, 'pack'>, opened: OpenedPath, options: PackOptions = {}): Packing {
  return (outlet) => native.pack({ root: opened.fd, path: '', name: opened.name, ...options, ...outlet });
}

export function packPath(native: Packer, opened: OpenedPath, options: PackOptions = {}): Packed {
  return packIntoPipe(native, packPathTo(native, opened, options));
}

export interface PackTreeOptions extends PackOptions {
  /** What the root's own entry is called, which all others are below; absent: it has none. */
  readonly name?: string;
}

/** All below a root and nothing of itself, as `docker export` has it, unless it has a name. */
export function packTreeTo(native: Pick<Native, 'pack'>, root: number, options: PackTreeOptions = {}): Packing {
  return (outlet) => native.pack({ root, path: '', name: '', ...options, ...outlet });
}

export function packTree(native: Packer, root: number, options: PackTreeOptions = {}): Packed {
  return packIntoPipe(native, packTreeTo(native, root, options));
}

/**
 * An overlay upper directory as a layer, always with its digest, which is the layer's diff id. `finished` rejects with
 * `unsupported_layer` when the directory holds what only this overlay understands (redirects, metacopies).
 */
export function packLayerDiff(native: Packer, upper: number, options: Omit<PackOptions, 'digest'> = {}): Packed {
  const layer = { root: upper, path: '', name: '', overlay: true, digest: true, ...options };
  return packIntoPipe(native, ({ fd }) => native.pack({ ...layer, fd }));
}

/** Paths from the root, a character a byte (graphdriver/tree.ts, changedBytes). */
export interface PackedChange {
  readonly path: string;
  readonly kind: 'modified' | 'added' | 'deleted';
}

/** The same from a list of what changed, for drivers whose directories do not say it themselves. */
export function packChanges(
  native: Pick<Native, 'packList' | 'pipe'>,
  { root, changes }: { readonly root: number; readonly changes: readonly PackedChange[] },
  options: Omit<PackOptions, 'digest'> = {},
): Packed {
  const listed = changes.map(({ path, kind }) => ({ path, deleted: kind === 'deleted' }));
  return packIntoPipe(native, ({ fd }) => native.packList({ root, changes: listed, digest: true, fd, ...options }));
}

export interface PlaceOptions {
  readonly root: number;
  /** Of a directory in the root; links on the way and at its end are followed. */
  readonly path: string;
  /** The tar stream (plain, gzip or zstd), taken over. It is read to its end unless this fails. */
  readonly fd: number;
  /** Docker's `noOverwriteDirNonDir`. */
  readonly noOverwriteDirNonDir?: boolean;
  /** As tsker's client unpacks (native/archive-requests.ts). */
  readonly plain?: boolean;
  /** Docker's `copyUIDGID`: the user of the container that everything shall belong to. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly ids?: IdMaps;
  readonly signal?: AbortSignal;
}

/** Unpacks an archive into a directory, as `PUT /containers/{id}/archive` does. Throws ArchiveError. */
export function placeTree(native: Pick<Native, 'place'>, options: PlaceOptions): Promise<PlaceResult> {
  const { noOverwriteDirNonDir, path, ...rest } = options;
  return native.place({ ...rest, path: containerPath(path), keepKind: noOverwriteDirNonDir === true });
}

type Packer = Pick<Native, 'pack' | 'pipe'>;

/** Starts it, for one who reads. */
export function packIntoPipe(native: Pick<Native, 'pipe'>, pack: Packing): Packed {
  const pipe = native.pipe({ nonblock: true, wide: true });
  const finished = pack({ fd: pipe.write });
  // Who reads the stream sees its end first; this must not end the daemon meanwhile.
  finished.catch(() => undefined);
  return { fd: pipe.read, finished };
}
