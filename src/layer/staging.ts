// From a tar stream to a layer of a chain: unpacked under a new id, then named by a row. A crash in between leaves a directory
// that no row names, which recover() removes.
import { randomBytes } from 'node:crypto';
import type { GraphDriver } from '../graphdriver/driver.ts';
import type { ExtractResult } from '../native/archive-requests.ts';
import type { Native } from '../native/native.ts';
import { TskerError, withCleanupFailure } from '../util/errors.ts';
import { chainIdOf } from './chain-id.ts';
import type { LayerRows } from './rows.ts';
import type { Layer, StagedLayer, StageRequest } from './store.types.ts';

export interface StagingParts {
  readonly driver: GraphDriver;
  readonly rows: LayerRows;
  readonly native: Pick<Native, 'close'>;
  /** Told of every layer that was committed. */
  readonly committed: () => void;
}

interface Unpacked {
  readonly cacheId: string;
  readonly diffId: string;
  readonly size: number;
  /** The parent it was unpacked on, by drivers that need one. */
  readonly base: string | undefined;
}

/** Unpacks the stream; leaves nothing when it fails. */
export async function stageLayer(parts: StagingParts, request: StageRequest): Promise<StagedLayer> {
  const { driver, native } = parts;
  const parent = driver.independentLayers ? undefined : await awaitParent(native, request);
  const cacheId = randomBytes(32).toString('hex');
  const result = await createLayer(driver, { cacheId, parent: parent?.cacheId }, request);
  const unpacked = { cacheId, diffId: result.digestTar, size: result.size, base: parent?.chainId };
  let done = false;
  const once = (): void => {
    if (done) throw new TskerError('internal', `layer ${unpacked.diffId} was committed or discarded already`);
    done = true;
  };
  return {
    diffId: result.digestTar,
    digest: result.digestIn,
    bytesIn: result.bytesIn,
    size: result.size,
    commit: async (onto) => {
      once();
      return await commit(parts, unpacked, onto);
    },
    discard: async () => {
      once();
      await driver.remove(cacheId);
    },
  };
}

function createLayer(
  driver: GraphDriver,
  { cacheId, parent }: { readonly cacheId: string; readonly parent: string | undefined },
  { fd, signal, adopt }: StageRequest,
): Promise<ExtractResult> {
  if (adopt !== undefined && driver.adopt !== undefined) return driver.adopt(cacheId, adopt, fd, signal);
  return driver.createLayer(cacheId, parent, fd, signal);
}

async function awaitParent(native: Pick<Native, 'close'>, { parent, fd }: StageRequest): Promise<Layer | undefined> {
  try {
    return await parent;
  } catch (error) {
    native.close(fd);
    throw error;
  }
}

async function commit(parts: StagingParts, unpacked: Unpacked, parent: string | undefined): Promise<Layer> {
  const { driver, rows, committed } = parts;
  const { cacheId, diffId, size } = unpacked;
  const layer = { chainId: chainIdOf(diffId, parent), diffId, parent, cacheId, size };
  let existing = rows.get(layer.chainId);
  if (existing === undefined) {
    try {
      await driver.setParent(cacheId, cacheOf(rows, unpacked, { driver, parent }));
      if (rows.put(layer)) {
        committed();
        return layer;
      }
    } catch (error) {
      throw await removeAfter(driver, cacheId, error);
    }
    existing = rows.get(layer.chainId); // another copy was committed while ours was linked in
  }
  await driver.remove(cacheId);
  return existing ?? layer;
}

async function removeAfter(driver: GraphDriver, cacheId: string, error: unknown): Promise<unknown> {
  try {
    await driver.remove(cacheId);
    return error;
  } catch (cleanup) {
    return withCleanupFailure(error, cleanup);
  }
}

interface Onto {
  readonly driver: GraphDriver;
  readonly parent: string | undefined;
}

/** The parent's id in the driver. */
function cacheOf(rows: LayerRows, { base, diffId }: Unpacked, { driver, parent }: Onto): string | undefined {
  if (!driver.independentLayers && base !== parent) {
    throw new TskerError(
      'internal',
      `layer ${diffId} was unpacked on ${base ?? 'nothing'}, not on ${parent ?? 'nothing'}`,
    );
  }
  if (parent === undefined) return undefined;
  const below = rows.get(parent);
  if (below === undefined) throw new TskerError('not_found', `no layer ${parent} to put ${diffId} on`);
  return below.cacheId;
}
