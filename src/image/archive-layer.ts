// The layers of an archive, as load.ts puts them into the store: unpacked from the spool, or already while the archive was
// read. Whoever asks for one a second time gets a copy.
import { constants } from 'node:fs';
import type { Layer, LayerStore, StagedLayer } from '../layer/store.types.ts';
import type { Native } from '../native/native.ts';
import { throwIfAborted } from '../registry/retry.ts';
import { registerError } from './stage-stream.ts';

export interface ArchiveLayerParts {
  readonly layers: LayerStore;
  readonly native: Pick<Native, 'open' | 'pipe' | 'close'>;
}

export interface StagingOf {
  /** Waited for only by drivers that need the parent to unpack. */
  readonly parent: Promise<Layer | undefined>;
  readonly signal: AbortSignal;
}

export interface ArchiveLayer {
  /** Bytes in the archive. */
  readonly size: number;
  /** The layer, unpacked; the caller commits it or discards it, and says so by `settled`. */
  stage(request: StagingOf): Promise<StagedLayer>;
  /** What became of the one that was staged first; undefined: nothing. */
  settled(layer: Layer | undefined): void;
  /** The diff id, where it is known before. */
  readonly diffId: string | undefined;
  /** Throws away what nobody asked for. */
  discard(): Promise<void>;
}

/** A layer whose bytes lie in a file. */
export function spooledLayer(path: string, size: number, { layers, native }: ArchiveLayerParts): ArchiveLayer {
  return {
    size,
    diffId: undefined,
    stage: ({ parent, signal }) =>
      layers.stage({ fd: native.open(path, constants.O_RDONLY), parent, signal }).catch((error: unknown) => {
        throw registerError(error);
      }),
    settled: () => undefined,
    discard: async () => undefined,
  };
}

/** A layer that was unpacked when it passed. */
export function streamedLayer(staged: StagedLayer, size: number, parts: ArchiveLayerParts): ArchiveLayer {
  let unclaimed: StagedLayer | undefined = staged;
  const first = Promise.withResolvers<Layer | undefined>();
  return {
    size,
    diffId: staged.diffId,
    async stage(request) {
      const claimed = unclaimed;
      unclaimed = undefined;
      if (claimed !== undefined) return claimed;
      const layer = await first.promise;
      throwIfAborted(request.signal);
      if (layer === undefined) throw new Error(`the layer ${staged.diffId} of the archive is gone`);
      return await copyOf(layer, request, parts);
    },
    settled: first.resolve,
    async discard() {
      first.resolve(undefined);
      await unclaimed?.discard();
      unclaimed = undefined;
    },
  };
}

/** The same content once more, out of the store: the archive has passed. */
async function copyOf(layer: Layer, { parent, signal }: StagingOf, parts: ArchiveLayerParts): Promise<StagedLayer> {
  const { layers, native } = parts;
  const pipe = native.pipe({ wide: true });
  const staging = layers.stage({ fd: pipe.read, parent, signal });
  const [written, staged] = await Promise.allSettled([
    layers.writeTar(layer.chainId, { fd: pipe.write, signal }),
    staging,
  ]);
  if (staged.status === 'rejected') throw registerError(staged.reason);
  if (written.status === 'fulfilled') return staged.value;
  await staged.value.discard();
  throw registerError(written.reason);
}
