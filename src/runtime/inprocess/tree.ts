// What a directory of the image holds, for a tmpfs that begins with it. It travels in the launch plan, whose size is bounded.
import { posix } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { TskerError } from '../../util/errors.ts';
import type { TreeEntry } from '../plan/copy-up.ts';
import type { RootReader } from '../rootfs/reader.ts';
import type { RuntimeContext } from './context.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_ENTRIES = 4096;

/** Throws `unsupported` when there is too much of it. Sockets, pipes and devices are left out. */
export function readTree({ roots }: RuntimeContext, rootfs: RootfsMount, path: string): TreeEntry[] {
  return roots.read(rootfs, (reader) => {
    const entries: TreeEntry[] = [];
    collect(reader, path, entries, { bytes: MAX_BYTES });
    return entries;
  });
}

function collect(reader: RootReader, directory: string, entries: TreeEntry[], room: { bytes: number }): void {
  for (const name of reader.list(directory).sort()) {
    const path = posix.join(directory, name);
    const entry = readEntry(reader, path, room);
    if (entry === undefined) continue;
    entries.push(entry);
    if (entries.length > MAX_ENTRIES) throw tooMuch(path);
    if (entry.content.kind === 'directory') collect(reader, path, entries, room);
  }
}

function readEntry(reader: RootReader, path: string, room: { bytes: number }): TreeEntry | undefined {
  const stats = reader.lstat(path);
  if (stats === undefined) return undefined;
  const own = { path, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
  if (stats.isDirectory()) return { ...own, content: { kind: 'directory' } };
  if (stats.isSymbolicLink()) return { ...own, content: { kind: 'link', target: reader.readLink(path) ?? '' } };
  if (!stats.isFile()) return undefined;
  room.bytes -= stats.size;
  if (room.bytes < 0) throw tooMuch(path);
  return { ...own, content: { kind: 'file', bytes: reader.read(path, MAX_BYTES) ?? new Uint8Array() } };
}

function tooMuch(path: string): TskerError {
  const limit = `${MAX_ENTRIES} files or ${MAX_BYTES / 2 ** 20} MiB`;
  return new TskerError('unsupported', `tmpcopyup: the image has more than ${limit} around ${path}`);
}
