// What a container changed, packed and unpacked again in one stream: the first half of `commit`. The layer that comes out is
// the store's own, whatever happens to the container afterwards.
import type { LayerDiff } from '../graphdriver/driver.ts';
import { O_DIRECTORY, O_PATH } from '../native/linux.ts';
import type { Native } from '../native/native.ts';
import { type Packed, packChanges, packLayerDiff } from './archive.ts';
import type { StagedLayer } from './store.types.ts';

export type ContainerNative = Pick<Native, 'open' | 'close' | 'pipe' | 'pack' | 'packList'>;

export interface DiffStaging {
  readonly native: ContainerNative;
  readonly diff: LayerDiff;
  /** Unpacks the stream, which it takes over. */
  readonly stage: (fd: number) => Promise<StagedLayer>;
  readonly signal: AbortSignal;
}

/** Leaves nothing when packing or unpacking fails; what packing says counts more. */
export async function stageDiff({ native, diff, stage, signal }: DiffStaging): Promise<StagedLayer> {
  const root = native.open(diff.path, O_PATH | O_DIRECTORY);
  try {
    const packed = startPacking(native, { diff, root, signal });
    const [staged, finished] = await Promise.allSettled([stage(packed.fd), packed.finished]);
    if (staged.status === 'fulfilled' && finished.status === 'fulfilled') return staged.value;
    if (staged.status === 'fulfilled') await staged.value.discard();
    // A pipe that nobody reads any more is the echo of the other side's failure.
    const echo = finished.status === 'rejected' && staged.status === 'rejected' && isBrokenPipe(finished.reason);
    throw finished.status === 'rejected' && !echo ? finished.reason : reasonOf(staged);
  } finally {
    native.close(root);
  }
}

interface Packing {
  readonly diff: LayerDiff;
  readonly root: number;
  readonly signal: AbortSignal;
}

function startPacking(native: ContainerNative, { diff, root, signal }: Packing): Packed {
  const { changes } = diff;
  if (changes === undefined) return packLayerDiff(native, root, { signal });
  return packChanges(native, { root, changes }, { signal });
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === 'EPIPE';
}

function reasonOf(outcome: PromiseSettledResult<unknown>): unknown {
  return outcome.status === 'rejected' ? outcome.reason : new Error('packing a layer failed without a reason');
}
