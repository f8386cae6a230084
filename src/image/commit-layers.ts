// Unpacks the layers of one image from files, several at once, and puts them on top of each other. What is there already
// is not unpacked again, and what fails leaves nothing.
import { constants } from 'node:fs';
import type { Layer, LayerStore } from '../layer/store.types.ts';
import type { Native } from '../native/native.ts';
import { TskerError } from '../util/errors.ts';
import { chainIds } from './chain.ts';
import { commitStaged } from './commit-staged.ts';
import { registerError } from './stage-stream.ts';

export interface LayerFile {
  readonly path: string;
  /** What it must unpack to. */
  readonly diffId: string;
}

export interface CommitLayersOptions {
  readonly layers: LayerStore;
  readonly native: Pick<Native, 'open'>;
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
  const { layers, native, signal, chainId, parent, gate } = options;
  const existing = layers.get(chainId);
  if (existing !== undefined) return existing;
  await gate;
  signal.throwIfAborted();
  const fd = native.open(file.path, constants.O_RDONLY);
  const staged = await layers.stage({ fd, parent, signal }).catch((error: unknown) => {
    throw registerError(error);
  });
  const layer = await commitStaged(staged, { verify: ({ diffId }) => verifyDiffId(diffId, file.diffId), parent });
  options.onLayer(file);
  return layer;
}

function verifyDiffId(actual: string, expected: string): void {
  if (actual === expected) return;
  throw new TskerError('corrupt', `invalid diffID for layer: expected "${expected}", got "${actual}"`);
}
