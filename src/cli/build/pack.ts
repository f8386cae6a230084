// The files of a context as a tar stream, by tar-fs. Small files, of which contexts consist, are read at once and handed to
// its stream whole: opening a stream for each takes six times as long. They leave in large pieces.
import fs, { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import tar from 'tar-fs';
import { addEntry, type Header, inPieces, type Pack } from '../tar/entries.ts';
import { paxHeader } from './pax.ts';
import { type ContextEntry, contextError, type Name } from './walk.ts';

export interface PackContext {
  /** Absolute. */
  readonly directory: string;
  readonly entries: readonly ContextEntry[];
  /** Files that are in no directory, or not as they are there; path → content. */
  readonly extra: ReadonlyMap<string, Buffer>;
}

/** Bytes up to which a file is read at once. */
const SMALL = 256 * 1024;
/** Few large pieces are faster on their way than many small ones. */
const PIECE = 256 * 1024;

/** Everything belongs to root in it, as Docker's client has it. */
export async function* packContext(request: PackContext): AsyncGenerator<Buffer> {
  const pack = tar.pack(request.directory, { entries: [], finalize: false });
  const written = write(pack, request).catch((error: Error) => pack.destroy(error));
  yield* inPieces(pack as AsyncIterable<Buffer>);
  await written;
}

async function write(pack: Pack, { directory, entries, extra }: PackContext): Promise<void> {
  for (const entry of entries) {
    const isLarge = entry.kind === 'file' && entry.stats.size > SMALL;
    const linkpath = typeof entry.target === 'string' ? undefined : entry.target;
    // Between entries nothing else is on its way.
    if (entry.bytes !== undefined || linkpath !== undefined) pack.push(paxHeader({ path: entry.bytes, linkpath }));
    if (isLarge && entry.bytes === undefined) await addLarge(pack, directory, entry);
    else if (isLarge) await addStream(pack, directory, entry);
    else await addSmall(pack, directory, entry);
  }
  for (const [name, content] of extra)
    await addEntry(pack, { name, type: 'file', mode: 0o600, mtime: new Date(0) }, content);
  pack.finalize();
}

/** What stands in the header of an entry whose name went before it. */
function shownName({ path, bytes }: ContextEntry): string {
  return bytes === undefined ? path : 'name-in-bytes';
}

function placeOf(directory: string, { path, bytes }: ContextEntry): Name {
  return bytes === undefined ? `${directory}/${path}` : Buffer.concat([Buffer.from(`${directory}/`), bytes]);
}

async function addStream(pack: Pack, directory: string, entry: ContextEntry): Promise<void> {
  const { mode, mtime, size } = entry.stats;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const place = placeOf(directory, entry);
  const done = (error?: Error | null): void => (error ? reject(contextError(error, String(place))) : resolve());
  const sink = pack.entry({ name: shownName(entry), mode: mode & 0o7777, mtime, size, type: 'file' }, done);
  const source = fs.createReadStream(place, { end: size - 1, highWaterMark: PIECE });
  source.on('error', done);
  source.pipe(sink as unknown as NodeJS.WritableStream);
  await promise;
}

async function addSmall(pack: Pack, directory: string, entry: ContextEntry): Promise<void> {
  const { kind, stats, target } = entry;
  const header = { name: shownName(entry), mode: stats.mode & 0o7777, mtime: stats.mtime, uid: 0, gid: 0 };
  switch (kind) {
    case 'directory':
      return await addEntry(pack, { ...header, type: 'directory' });
    case 'link':
      return await addEntry(pack, {
        ...header,
        type: 'symlink',
        linkname: typeof target === 'string' ? target : 'target-in-bytes',
      });
    case 'other':
      return await addEntry(pack, { ...header, ...specialOf(entry) });
    case 'file':
      return await addEntry(pack, { ...header, type: 'file' }, readSmall(placeOf(directory, entry), stats.size));
  }
}

function specialOf({ stats }: ContextEntry): Pick<Header, 'type' | 'devmajor' | 'devminor'> {
  if (stats.isFIFO()) return { type: 'fifo' };
  // dev_t of Linux, makedev(3).
  const [major, minor] = [(stats.rdev >> 8) & 0xfff, (stats.rdev & 0xff) | ((stats.rdev >> 12) & 0xfff00)];
  return { type: stats.isBlockDevice() ? 'block-device' : 'character-device', devmajor: major, devminor: minor };
}

/** As long as it is when it is read, which may be another length than when it was looked at. */
function readSmall(path: Name, expected: number): Buffer {
  let fd: number | undefined;
  try {
    fd = openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    const first = Buffer.allocUnsafe(expected + 1);
    let size = readSync(fd, first, 0, first.length, 0);
    if (size <= expected) return first.subarray(0, size);
    const whole = Buffer.alloc(fstatSync(fd).size);
    size = readSync(fd, whole, 0, whole.length, 0);
    return whole.subarray(0, size);
  } catch (error) {
    throw contextError(error, String(path));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function addLarge(pack: Pack, directory: string, { path }: ContextEntry): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (error: Error): void => reject(contextError(error, `${directory}/${path}`));
  pack.once('error', failed);
  const options = {
    ...{ pack, entries: [path], finalize: false, umask: 0, fs: { ...fs, createReadStream: readLarge } },
    map: (header: Header) => ({ ...header, name: path, uid: 0, gid: 0 }),
    // A directory by now, which would bring what is in it.
    ignore: (name: string) => name !== `${directory}/${path}`,
    finish: () => {
      pack.off('error', failed);
      resolve();
    },
  };
  tar.pack(directory, options as tar.PackOptions);
  return promise;
}

function readLarge(path: string, range: { readonly start: number; readonly end: number }): fs.ReadStream {
  return fs.createReadStream(path, { ...range, highWaterMark: PIECE });
}
