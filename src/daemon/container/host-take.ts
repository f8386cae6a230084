// cp out of a container into a directory that a client on this machine names: unpacked here, by the native library, as the client would
// unpack it, so that no byte of it passes JavaScript.
import type { HostTake } from '../../api/container/backend.ts';
import { ArchiveError, packIntoPipe } from '../../layer/archive.ts';
import type { Native } from '../../native/native.ts';
import type { HostFileWritten, HostTree } from '../../types/near.ts';
import { type ArchiveDependencies, type ArchivePath, openContainerArchive } from './archive.ts';
import type { Container } from './container.ts';
import { notSeen, openHostTree } from './host-tree.ts';
import type { ArchiveSource } from './packed.ts';

/** Throws as readContainerArchive, and `not_found` when client and daemon do not see the same there, or something is in the way. */
export async function takeToHost(
  dependencies: ArchiveDependencies,
  container: Container,
  { reference, path, tree, signal }: ArchivePath & HostTake,
): Promise<HostFileWritten> {
  const { native } = dependencies;
  // What is made is to belong to root and its group, as it would be the client's.
  if (process.getegid?.() !== 0) throw notSeen(tree);
  const target = await openHostTree(native, tree);
  try {
    const request = { reference, path, signal, name: tree.Name };
    const { source } = await openContainerArchive(dependencies, container, request);
    return { Bytes: await unpack(native, { source, target, tree, signal }).finally(() => source.close()) };
  } finally {
    native.close(target);
  }
}

interface Unpacking {
  readonly source: ArchiveSource;
  readonly target: number;
  readonly tree: HostTree;
  readonly signal: AbortSignal;
}

/** Bytes of the archive that was not sent. */
async function unpack(native: Pick<Native, 'pipe' | 'place'>, unpacking: Unpacking): Promise<number> {
  const { source, target, tree, signal } = unpacking;
  const { fd, finished } = packIntoPipe(native, source.pack);
  const placed = native.place({ root: target, path: '', fd, plain: true, keepKind: true, signal });
  const [outcome, packed] = await Promise.allSettled([placed, finished]);
  for (const one of [outcome, packed]) {
    // What cannot be done here the client does, and says what is wrong with it, if anything still is.
    if (one.status === 'rejected') throw isCancelled(one.reason) ? one.reason : notSeen(tree, one.reason);
  }
  return packed.status === 'fulfilled' ? packed.value.bytes : 0;
}

function isCancelled(failure: unknown): boolean {
  return failure instanceof ArchiveError && failure.reason === 'cancelled';
}
