// Packs a file or directory of this machine for a container, with tar-fs' stream. Files are read at once, one after the other:
// nothing else goes on in this process. What a tar of tar-fs cannot hold (devices, pipes, sockets) is left out, and said so.

import { once } from 'node:events';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import tar from 'tar-fs';
import { TskerError } from '../../util/errors.ts';
import { addEntry, type Header, inPieces, type Pack } from '../tar/entries.ts';
import { renameEntry, splitEntry } from './paths.ts';

export interface PackRequest {
  /** Absolute; with `/.` at its end it is the content of a directory. */
  readonly path: string;
  /** What its entry is called; undefined: as it is. */
  readonly name: string | undefined;
  readonly warn: (message: string) => void;
}

/** Bytes that are read, and handed on, at once. */
const PIECE = 256 * 1024;

export async function* packLocal(request: PackRequest): AsyncGenerator<Buffer, void, undefined> {
  const { directory } = splitEntry(request.path);
  const pack = tar.pack(directory, { entries: [], finalize: false });
  const written = addAll(pack, request).then(
    () => pack.finalize(),
    (error: Error) => void pack.destroy(error),
  );
  yield* inPieces(pack as AsyncIterable<Buffer>);
  await written;
}

async function addAll(pack: Pack, { path, name, warn }: PackRequest): Promise<void> {
  const { directory, base } = splitEntry(path);
  for (const { entry, stats } of walk(directory, base)) {
    const header = headerOf(renameEntry(entry, base, name) ?? entry, stats);
    const file = join(directory, entry);
    if (stats.isDirectory()) await addEntry(pack, { ...header, type: 'directory' });
    else if (stats.isSymbolicLink()) await addEntry(pack, { ...header, type: 'symlink', linkname: readlinkSync(file) });
    else if (stats.isFile()) await addFile(pack, file, header);
    else if (entry !== base) warn(leftOut(file));
    else throw new TskerError('invalid', `${file} is neither a file, a directory nor a link`);
  }
}

const leftOut = (file: string): string => `${file} is left out: it is neither a file, a directory nor a link`;

/** Says of a tree that somebody else has packed what is not in the archive. */
export function warnOfStrange({ path, warn }: PackRequest): void {
  const { directory, base } = splitEntry(path);
  for (const { entry, stats } of walk(directory, base)) {
    if (!stats.isDirectory() && !stats.isSymbolicLink() && !stats.isFile()) warn(leftOut(join(directory, entry)));
  }
}

interface Found {
  /** From the directory that is packed from. */
  readonly entry: string;
  readonly stats: Stats;
}

/** An entry before what is below it, names in order. What is removed meanwhile is passed over. */
function* walk(directory: string, top: string): Generator<Found> {
  const waiting = [top];
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const path = join(directory, entry);
    const stats = lstatSync(path, { throwIfNoEntry: entry === top });
    if (stats === undefined) continue;
    yield { entry, stats };
    if (!stats.isDirectory()) continue;
    const parent = entry === '.' ? '' : `${entry}/`;
    for (const name of readdirSync(path).sort().reverse()) waiting.push(`${parent}${name}`);
  }
}

function headerOf(name: string, { mode, mtime, uid, gid }: Stats): Header {
  return { name, mode: mode & 0o7777, mtime, uid, gid };
}

/** As long as it is when it is opened. */
async function addFile(pack: Pack, path: string, header: Header): Promise<void> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(fd);
    if (size > PIECE) await addLarge(pack, { path, fd, size }, header);
    else await addEntry(pack, { ...header, type: 'file' }, read({ path, fd }, size));
  } finally {
    closeSync(fd);
  }
}

interface OpenFile {
  readonly path: string;
  readonly fd: number;
}

async function addLarge(pack: Pack, file: OpenFile & { readonly size: number }, header: Header): Promise<void> {
  const { promise: added, resolve, reject } = Promise.withResolvers<void>();
  added.catch(() => undefined);
  const sink = pack.entry({ ...header, type: 'file', size: file.size }, (error) => (error ? reject(error) : resolve()));
  for (let left = file.size; left > 0; left -= PIECE) {
    if (!sink.write(read(file, Math.min(left, PIECE)))) await Promise.race([once(sink, 'drain'), added]);
  }
  sink.end(null);
  await added;
}

/** The next bytes, exactly as many: the entry's header has said so. */
function read({ path, fd }: OpenFile, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; ) {
    const got = readSync(fd, bytes, at, size - at, null);
    if (got === 0) throw new TskerError('invalid', `${path} became shorter while it was copied`);
    at += got;
  }
  return bytes;
}
