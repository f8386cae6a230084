// Unpacks the layers of one image of an archive, several at once, and puts them on top of each other. What is there already
// is not unpacked again, and what fails leaves nothing.
import type { Layer, LayerStore, StagedLayer } from '../layer/store.types.ts';
import { TskerError } from '../util/errors.ts';
import type { ArchiveLayer } from './archive-layer.ts';
import { chainIds } from './chain.ts';
import { commitStaged } from './commit-staged.ts';

export interface LayerFile {
  readonly layer: ArchiveLayer;
  /** What it must unpack to. */
  readonly diffId: string;
}

export interface CommitLayersOptions {
  readonly layers: LayerStore;
  readonly signal: AbortSignal;
  readonly onLayer: (file: LayerFile) => void;
}

/** Layers unpacked at once: enough for the disk, not too many for the memory. */
const PARALLEL = 3;

/** `files` from the base up. The caller holds the chain (LayerHolds), and releases it when this throws. */
export async function commitLayers(files: readonly LayerFile[], options: CommitLayersOptions): Promise<void> {
  const chain = chainIds(files.map(({ diffId }) => diffId));
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const done: Promise<Layer>[] = [];
  const failures: unknown[] = [];
  for (const [index, file] of files.entries()) {
    const gate = done[index - PARALLEL];
    const parent = done[index - 1] ?? Promise.resolve(undefined);
    const work = commitOne(file, { ...options, signal, chainId: chain[index] ?? '', parent, gate });
    work.catch((error: unknown) => {
      failures.push(error);
      stop.abort(error);
    });
    done.push(work);
  }
  await Promise.allSettled(done);
  if (failures.length > 0) throw failures[0];
}

interface CommitOne extends CommitLayersOptions {
  readonly chainId: string;
  readonly parent: Promise<Layer | undefined>;
  /** Starts only after this one. */
  readonly gate: Promise<Layer> | undefined;
}

async function commitOne(file: LayerFile, options: CommitOne): Promise<Layer> {
  const { layers, signal, chainId, parent, gate } = options;
  const existing = layers.get(chainId);
  if (existing !== undefined) return existing;
  await gate;
  signal.throwIfAborted();
  const staged = await file.layer.stage({ parent, signal });
  const layer = await commitFile(file, staged, parent);
  options.onLayer(file);
  return layer;
}

async function commitFile(file: LayerFile, staged: StagedLayer, parent: Promise<Layer | undefined>): Promise<Layer> {
  try {
    const layer = await commitStaged(staged, { verify: ({ diffId }) => verifyDiffId(diffId, file.diffId), parent });
    file.layer.settled(layer);
    return layer;
  } catch (error) {
    file.layer.settled(undefined);
    throw error;
  }
}

function verifyDiffId(actual: string, expected: string): void {
  if (actual === expected) return;
  throw new TskerError('corrupt', `invalid diffID for layer: expected "${expected}", got "${actual}"`);
}
