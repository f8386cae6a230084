// The verb commit: a container's changes as a layer, and the image that has it on top. Which container, and whether it is
// paused meanwhile, is daemon/commit.ts's matter.
import type { LayerStore, StagedLayer } from '../layer/store.types.ts';
import { chainIds } from './chain.ts';
import { applyChanges } from './changes.ts';
import { commitStaged } from './commit-staged.ts';
import type { LayerHolds } from './layer-holds.ts';
import type { Image, ImageConfig, ImageConfigDocument, ImageStore } from './store.types.ts';

export interface CommitOptions {
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly holds: LayerHolds;
}

export interface CommitRequest {
  readonly containerId: string;
  readonly base: Image;
  /** The container's own. */
  readonly config: ImageConfig;
  readonly changes: readonly string[];
  /** Normalized. */
  readonly names: readonly string[];
  readonly author: string;
  readonly comment: string;
  readonly signal: AbortSignal;
}

/** The archive without a member: 1024 zeros. Such a layer is left out, as Docker does. */
const EMPTY_TAR = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

export async function commitContainer(request: CommitRequest, options: CommitOptions): Promise<Image> {
  const { layers, holds, images } = options;
  const config = applyChanges(request.config, request.changes);
  const before = request.base.config.rootfs.diff_ids;
  const staged = await layers.stageContainer(request.containerId, request.signal);
  const diffIds = staged.diffId === EMPTY_TAR ? before : [...before, staged.diffId];
  const chain = chainIds(diffIds);
  const hold = holds.hold(chain);
  try {
    await keepLayer(staged, { layers, parent: chainIds(before).at(-1), empty: diffIds === before });
    const document = toDocument(request, { config, diffIds });
    return await images.put(Buffer.from(JSON.stringify(document)), request.names, request.base.id);
  } catch (error) {
    const top = chain.findLast((id) => layers.get(id) !== undefined);
    if (top !== undefined) await holds.release(top);
    throw error;
  } finally {
    await hold.end();
  }
}

interface Keeping {
  readonly layers: LayerStore;
  readonly parent: string | undefined;
  readonly empty: boolean;
}

async function keepLayer(staged: StagedLayer, { layers, parent, empty }: Keeping): Promise<void> {
  if (empty) await staged.discard();
  else {
    const below = Promise.resolve(parent === undefined ? undefined : layers.get(parent));
    await commitStaged(staged, { verify: () => undefined, parent: below });
  }
}

interface DocumentFacts {
  readonly config: ImageConfig;
  readonly diffIds: readonly string[];
}

/** A reader of the history counts its layers: a step without one says so. */
function toDocument(request: CommitRequest, { config, diffIds }: DocumentFacts): ImageConfigDocument {
  const { base, author, comment, containerId } = request;
  const created = new Date().toISOString();
  const isEmpty = diffIds.length === base.config.rootfs.diff_ids.length;
  const step = {
    created,
    created_by: (request.config.Cmd ?? []).join(' '),
    ...(author === '' ? {} : { author }),
    ...(comment === '' ? {} : { comment }),
    ...(isEmpty ? { empty_layer: true } : {}),
  };
  const { variant } = base.config;
  return {
    architecture: base.config.architecture,
    os: base.config.os,
    ...(variant === undefined ? {} : { variant }),
    created,
    ...(author === '' ? {} : { author }),
    ...(comment === '' ? {} : { comment }),
    container: containerId,
    config,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: [...(base.config.history ?? []), step],
  };
}
