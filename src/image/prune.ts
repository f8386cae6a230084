// The verb prune: removes images that no container uses, the dangling ones only unless all are asked for (moby
// daemon/images/image_prune.go). Layers go with the last image that needs them.
import type { LayerStore } from '../layer/store.types.ts';
import type { ImageDeleteItem, ImagesPruneResponse } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { chainIds } from './chain.ts';
import { listImages } from './list.ts';
import { type RemoveOptions, removeImage } from './remove.ts';
import type { Image } from './store.types.ts';

export interface PruneOptions extends RemoveOptions {
  readonly layers: Pick<LayerStore, 'get' | 'chainSize'>;
}

type Filters = ReadonlyMap<string, readonly string[]>;

/** Throws `invalid` for a filter's value that is none. What a container begins to use meanwhile stays. */
export async function pruneImages(filters: Filters, options: PruneOptions): Promise<ImagesPruneResponse> {
  const { images, layers, events } = options;
  const sizes = layerSizes(images.list(), layers);
  const removed: ImageDeleteItem[] = [];
  const danglingOnly = isDanglingOnly(filters.get('dangling') ?? ['true']);
  const others = new Map([...filters].filter(([name]) => name !== 'dangling'));
  for (const { Id } of listImages({ all: true, sharedSize: false, filters: others }, images, layers)) {
    const image = images.get(Id);
    // One that is known by its digest alone counts as dangling here.
    if (image === undefined || (danglingOnly && image.repoTags.length > 0)) continue;
    removed.push(...(await pruneImage(image, options)));
  }
  const gone = [...sizes].filter(([chainId]) => layers.get(chainId) === undefined);
  const reclaimed = gone.reduce((sum, [, size]) => sum + size, 0);
  events.publish('image', 'prune', '', { reclaimed: String(reclaimed) });
  return { ImagesDeleted: removed.length === 0 ? null : removed, SpaceReclaimed: reclaimed };
}

/** `dangling=false` means all images, not those that are not dangling. */
function isDanglingOnly(values: readonly string[]): boolean {
  const wanted = new Set(values.map((value) => ({ true: true, '1': true, false: false, '0': false })[value]));
  if (!wanted.has(undefined) && wanted.size === 1) return wanted.has(true);
  throw new TskerError('invalid', `invalid filter 'dangling=[${values.join(' ')}]'`);
}

/** By its names, as `rmi` would: each is an item of its own in the answer. */
async function pruneImage(image: Image, options: PruneOptions): Promise<ImageDeleteItem[]> {
  if (options.usesOf(image.id).length > 0) return [];
  const names = [...image.repoTags];
  const items: ImageDeleteItem[] = [];
  for (const name of names.length > 0 ? names : [image.id]) {
    items.push(...(await removeImage({ name, force: false, prune: true }, options).catch(staysInUse)));
  }
  return items;
}

function staysInUse(error: unknown): ImageDeleteItem[] {
  if (error instanceof TskerError && (error.code === 'conflict' || error.code === 'not_found')) return [];
  throw error;
}

function layerSizes(images: readonly Image[], layers: Pick<LayerStore, 'get'>): Map<string, number> {
  const chains = images.flatMap((image) => chainIds(image.config.rootfs.diff_ids));
  const sizes = chains.map((id) => [id, layers.get(id)?.size] as const);
  return new Map(sizes.flatMap(([id, size]) => (size === undefined ? [] : [[id, size] as const])));
}
