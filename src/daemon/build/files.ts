// The files of an image as a tar, for `build --output`: its layers, mounted for the time of the reading, and nothing that a
// container would have besides.
import type { ImageFiles } from '../../api/build/backend-own.ts';
import { chainIds } from '../../image/chain.ts';
import type { LayerHolds } from '../../image/layer-holds.ts';
import type { SqliteImageStore } from '../../image/sqlite-store.ts';
import { packTree } from '../../layer/archive.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH } from '../../native/linux.ts';
import type { Native } from '../../native/native.ts';
import { readPacked } from '../container/packed.ts';

export interface FilesDependencies {
  readonly images: Pick<SqliteImageStore, 'resolve'>;
  readonly layers: Pick<LayerStore, 'mountLayer'>;
  readonly holds: LayerHolds;
  readonly native: Native;
}

export function imageFiles({ images, layers, holds, native }: FilesDependencies): ImageFiles['files'] {
  return async (reference, { name, signal }) => {
    const { config } = images.resolve(reference);
    const chain = chainIds(config.rootfs.diff_ids);
    const top = chain.at(-1);
    if (top === undefined) return empty();
    await using stack = new AsyncDisposableStack();
    const hold = holds.hold(chain);
    stack.defer(() => hold.end());
    const { path, release } = await layers.mountLayer(top);
    stack.defer(release);
    const root = native.open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    stack.defer(() => native.close(root));
    const packed = packTree(native, root, { signal, ...(name === undefined ? {} : { name }) });
    return readHeld(readPacked(packed), stack.move());
  };
}

async function* readHeld(content: AsyncIterable<Uint8Array>, stack: AsyncDisposableStack): AsyncGenerator<Uint8Array> {
  await using _held = stack;
  yield* content;
}

/** The end of an archive and nothing before it. */
async function* empty(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1024);
}
