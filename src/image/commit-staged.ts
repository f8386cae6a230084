// The last step of a layer that was unpacked: verified, then put on top of its parent, or thrown away.
import type { Layer, StagedLayer } from '../layer/store.types.ts';
import { withCleanupFailure } from '../util/errors.ts';

export interface CommitStagedOptions {
  /** Throws when the layer is not what was promised. */
  readonly verify: (staged: StagedLayer) => void;
  readonly parent: Promise<Layer | undefined>;
}

/** Commits the layer; leaves nothing of it when it is wrong, or when its parent failed. */
export async function commitStaged(staged: StagedLayer, { verify, parent }: CommitStagedOptions): Promise<Layer> {
  let below: Layer | undefined;
  try {
    verify(staged);
    below = await parent;
  } catch (error) {
    await staged.discard().catch((cleanup: unknown) => {
      throw withCleanupFailure(error, cleanup);
    });
    throw error;
  }
  return staged.commit(below?.chainId);
}
