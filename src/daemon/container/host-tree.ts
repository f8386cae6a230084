// A file or directory that a client on this machine names: opened when it is the one that the client sees, by the same path.
import { type BigIntStats, constants, fstat } from 'node:fs';
import { promisify } from 'node:util';
import { O_PATH } from '../../native/linux.ts';
import type { Native } from '../../native/native.ts';
import type { HostTree } from '../../types/near.ts';
import { TskerError } from '../../util/errors.ts';
import { isSameFile } from '../../util/file-identity.ts';
import { processView } from '../../util/process-view.ts';

const statusOf = promisify(fstat) as unknown as (
  fd: number,
  options: { readonly bigint: true },
) => Promise<BigIntStats>;

/** O_PATH, the caller's. A link is itself. */
export async function openHostTree(native: Pick<Native, 'open' | 'stat' | 'close'>, tree: HostTree): Promise<number> {
  if (tree.View !== processView()) throw notSeen(tree);
  const root = native.open('/', O_PATH | constants.O_DIRECTORY);
  const found = await native
    .stat({ root, path: tree.Path, open: true })
    .catch((cause: unknown) => {
      throw notSeen(tree, cause);
    })
    .finally(() => native.close(root));
  const { fd } = found;
  if (fd === undefined) throw new Error('a path was opened without a descriptor');
  try {
    if (isSameFile(await statusOf(fd, { bigint: true }), tree)) return fd;
  } catch (error) {
    native.close(fd);
    throw error;
  }
  native.close(fd);
  throw notSeen(tree);
}

export function notSeen({ Path }: HostTree, cause?: unknown): TskerError {
  return new TskerError('not_found', `the daemon does not see that path: ${Path}`, { cause });
}
