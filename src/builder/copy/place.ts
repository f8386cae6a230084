// Puts items into a workspace, by Docker's rules: what is a directory, what a file is called there, who it belongs to.
import { posix } from 'node:path';
import { tarEnd, tarHeader, tarPadding } from '../../image/tar-writer.ts';
import { TskerError } from '../../util/errors.ts';
import type { Archive, BuildLayers, Owner, WritableTree } from '../host.types.ts';
import type { Item } from './items.ts';

export interface Placing {
  readonly layers: Pick<BuildLayers, 'stream'>;
  readonly tree: WritableTree;
  /** Absolute; a slash at its end makes it a directory. */
  readonly destination: string;
  /** Undefined: files keep their owners (COPY --from). */
  readonly owner: Owner | undefined;
  readonly mode: number | undefined;
  /** Epoch seconds for what is made here. */
  readonly now: number;
  readonly signal: AbortSignal;
}

const ROOT: Owner = { uid: 0, gid: 0 };
const DIRECTORY_MODE = 0o755;

export async function placeItem(item: Item, placing: Placing): Promise<void> {
  const { tree, owner, mode, signal } = placing;
  if (item.kind === 'directory' || item.kind === 'archive') {
    const path = await ensureDestination(placing);
    if (item.kind === 'archive') {
      await tree.place({
        archive: await item.tree.openArchive(item.path, signal),
        path,
        owner: undefined,
        mode: undefined,
        signal,
      });
      return;
    }
    if (item.entries.length === 0) return;
    const paths = item.entries.map((entry) => entry.path);
    await tree.place({ archive: await item.tree.packEntries(item.path, paths), path, owner, mode, signal });
    return;
  }
  const { directory, name } = await fileTarget(item.name, placing);
  const archive =
    item.kind === 'file' ? await item.tree.packFile(item.path, name) : contentArchive(item, name, placing);
  await tree.place({ archive, path: directory, owner, mode, signal });
}

/** Where a file goes, and its name there. */
async function fileTarget(name: string, placing: Placing): Promise<{ directory: string; name: string }> {
  const { tree, destination, owner } = placing;
  const found = await tree.look(destination);
  if (found?.kind === 'directory') return { directory: found.path, name };
  if (found !== undefined) return { directory: posix.dirname(found.path), name: posix.basename(found.path) };
  const intoDirectory = destination.endsWith('/');
  const directory = await ensureDirectory(
    intoDirectory ? destination : posix.dirname(destination),
    owner ?? ROOT,
    placing,
  );
  return { directory, name: intoDirectory ? name : posix.basename(destination) };
}

/** What stands above a directory that is made belongs to root, the directory itself to whom its files do. */
async function ensureDestination(placing: Placing): Promise<string> {
  const { destination, owner } = placing;
  const clean = posix.normalize(destination);
  if (owner !== undefined && clean !== '/') {
    await ensureDirectory(posix.dirname(clean.replace(/\/$/, '')), ROOT, placing);
  }
  return await ensureDirectory(clean, owner ?? ROOT, placing);
}

/** The directory's own path, links resolved; made with all above it when it is missing. */
export async function ensureDirectory(
  path: string,
  owner: Owner,
  { layers, tree, now, signal }: Pick<Placing, 'layers' | 'tree' | 'now' | 'signal'>,
): Promise<string> {
  const missing: string[] = [];
  let existing = posix.normalize(path).replace(/(?<=.)\/$/, '');
  let found = await tree.look(existing);
  while (found === undefined) {
    // A link that leads nowhere is replaced by what it is in the way of, as the kernel would not follow it either.
    missing.unshift(posix.basename(existing));
    existing = posix.dirname(existing);
    found = await tree.look(existing);
  }
  if (found.kind !== 'directory') throw new TskerError('invalid', `mkdir ${path}: not a directory`);
  if (missing.length === 0) return found.path;
  const names = missing.map((_, index) => `${missing.slice(0, index + 1).join('/')}/`);
  const headers = names.map((name) => tarHeader({ name, type: 'directory', mode: DIRECTORY_MODE, mtime: now }));
  const archive = layers.stream(iterate([...headers, tarEnd()]));
  await tree.place({ archive, path: found.path, owner, mode: undefined, signal });
  return posix.join(found.path, ...missing);
}

function contentArchive(item: Item & { kind: 'content' }, name: string, { layers, now }: Placing): Archive {
  const { content, mode, mtime } = item;
  const header = tarHeader({ name, type: 'file', mode, size: content.length, mtime: mtime ?? now });
  return layers.stream(iterate([header, content, tarPadding(content.length), tarEnd()]));
}

async function* iterate(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
