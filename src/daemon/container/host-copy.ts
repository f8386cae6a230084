// cp into a container of what a client on this machine names: packed here, by the native library, as the client would pack it, so
// that no byte of it passes JavaScript. Whether it is the same that the client sees is looked at first.
import type { HostCopy } from '../../api/container/backend.ts';
import { ArchiveError } from '../../layer/archive.ts';
import type { PackResult } from '../../native/archive-requests.ts';
import type { HostTreePlaced } from '../../types/near.ts';
import { type ArchiveDependencies, type ArchivePath, placeWritten } from './archive.ts';
import type { Container } from './container.ts';
import { notSeen, openHostTree } from './host-tree.ts';

/** Throws as placeContainerArchive, and `not_found` when the client and the daemon do not see the same there, or it cannot be read. */
export async function placeHostTree(
  dependencies: ArchiveDependencies,
  container: Container,
  { tree, ...placing }: ArchivePath & HostCopy,
): Promise<HostTreePlaced> {
  const { native } = dependencies;
  const source = await openHostTree(native, tree);
  let packed: PackResult | undefined;
  let failure: unknown;
  const write = async (fd: number): Promise<void> => {
    const request = { root: source, path: '', name: tree.Name, plain: true, fd, signal: placing.signal };
    packed = await native.pack(request).catch((error: unknown) => {
      failure = error;
      throw error;
    });
  };
  try {
    await placeWritten(dependencies, container, { ...placing, write });
  } catch (error) {
    // What cannot be packed here the client packs, and says what is wrong with it, if anything still is.
    throw isOfSource(failure) ? notSeen(tree, failure) : error;
  } finally {
    native.close(source);
  }
  return { Bytes: packed?.bytes ?? 0, LeftOut: packed?.skipped ?? 0 };
}

/** Who places stops reading when he fails, and that is the error to tell of. */
function isOfSource(failure: unknown): boolean {
  if (failure instanceof ArchiveError) return failure.reason !== 'stream' && failure.reason !== 'cancelled';
  return failure !== undefined;
}
