// --cache-from: a step taken from the history of an image that is here, when it stands on the same layers. Pure.
import { chainIds } from '../../image/chain.ts';
import type { Image } from '../../image/store.types.ts';
import type { CachedStep } from '../host.types.ts';
import type { State } from '../state.ts';

/** The first image that went on from this state with this step. */
export function imageStep(images: readonly Image[], { document }: State, createdBy: string): CachedStep | undefined {
  const before = document.history ?? [];
  const diffIds = document.rootfs.diff_ids;
  for (const { config } of images) {
    const history = config.history ?? [];
    const step = history[before.length];
    const theirs = config.rootfs.diff_ids;
    const sameSteps = before.every((one, index) => history[index]?.created_by === one.created_by);
    const sameLayers = diffIds.every((diffId, index) => theirs[index] === diffId);
    if (step?.created_by !== createdBy || !sameSteps || !sameLayers) continue;
    if (step.empty_layer === true) return { history: step, layer: undefined };
    const diffId = theirs[diffIds.length];
    const chainId = chainIds(theirs)[diffIds.length];
    if (diffId !== undefined && chainId !== undefined) return { history: step, layer: { diffId, chainId } };
  }
  return undefined;
}
