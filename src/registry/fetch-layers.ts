// The layers of one image: those that are missing are downloaded and unpacked, several at once, and shared with whoever
// pulls the same at the same time. The images themselves are pull.ts's business.
import { createHash, type Hash } from 'node:crypto';
import { commitStaged } from '../image/commit-staged.ts';
import { type Emit, progressMessage, stateMessage, throttle } from '../image/progress.ts';
import { type Pipes, stageStream, type Write } from '../image/stage-stream.ts';
import type { Layer, LayerStore, StagedLayer } from '../layer/store.types.ts';
import type { ProgressMessage } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { shortId } from './digest.ts';
import { downloadBlob } from './download.ts';
import type { Limiter } from './limiter.ts';
import type { Descriptor } from './manifest.ts';
import type { RetryPolicy } from './retry.ts';
import type { SharedTasks, TaskContext } from './shared-tasks.ts';
import type { ImageSource } from './source.ts';

export interface WantedLayer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly chainId: string;
  readonly parent: string | undefined;
}

/** What a blob unpacked to, for the blobs table. */
export interface BlobRecord {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly repository: string;
}

export interface LayerFetcherOptions {
  readonly layers: LayerStore;
  readonly native: Pipes;
  readonly limiter: Limiter;
  readonly tasks: SharedTasks<Layer, ProgressMessage>;
  readonly retry: RetryPolicy;
  readonly recordBlob: (record: BlobRecord) => void;
}

export interface FetchRequest {
  readonly source: ImageSource;
  /** `docker.io/library/busybox`. */
  readonly repository: string;
  /** From the base up. */
  readonly wanted: readonly WantedLayer[];
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export class LayerFetcher {
  readonly #options: LayerFetcherOptions;

  constructor(options: LayerFetcherOptions) {
    this.#options = options;
  }

  /** Resolves when all layers are in the store. One that fails stops the others; what failed first is thrown. */
  async fetchAll(request: FetchRequest): Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([request.signal, stop.signal]);
    const failures: unknown[] = [];
    const fetches = request.wanted.map(async (wanted) => {
      try {
        await this.#fetch(wanted, { ...request, signal });
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    });
    await Promise.all(fetches);
    if (failures.length > 0) throw failures[0];
  }

  async #fetch(wanted: WantedLayer, request: FetchRequest): Promise<void> {
    const { layers, tasks } = this.#options;
    if (layers.get(wanted.chainId) !== undefined) {
      request.emit(stateMessage(shortId(wanted.descriptor.digest), 'Already exists'));
      return;
    }
    const parent = this.#parentOf(wanted);
    parent.catch(() => undefined);
    await tasks.join(wanted.chainId, request, (context) => this.#obtain(wanted, { request, parent, context }));
  }

  /** The parent is there, or in flight: whoever wants a layer has asked for those below it first. */
  async #parentOf({ parent }: WantedLayer): Promise<Layer | undefined> {
    if (parent === undefined) return undefined;
    const { layers, tasks } = this.#options;
    return layers.get(parent) ?? tasks.resultOf(parent);
  }

  async #obtain(wanted: WantedLayer, work: Work): Promise<Layer> {
    const { emit, signal } = work.context;
    const id = shortId(wanted.descriptor.digest);
    emit(stateMessage(id, 'Pulling fs layer'));
    const leave = await this.#options.limiter.acquire(signal, () => emit(stateMessage(id, 'Waiting')));
    try {
      return await this.#commit(wanted, work, await this.#stage(wanted, work, leave));
    } finally {
      leave();
    }
  }

  /** Downloads and unpacks at once; the place among the downloads is free as soon as the last byte has come. */
  async #stage(wanted: WantedLayer, work: Work, leave: () => void): Promise<StagedLayer> {
    const { descriptor } = wanted;
    const { emit, signal } = work.context;
    const { layers, native, retry } = this.#options;
    const id = shortId(descriptor.digest);
    const total = descriptor.size;
    const hash = extraHash(descriptor.digest);
    const staging = { layers, native, parent: work.parent, signal, name: descriptor.digest };
    return stageStream(staging, async (write, stop) => {
      await downloadBlob({
        source: work.request.source,
        blob: descriptor,
        retry,
        signal: stop,
        write: hash === undefined ? write : hashing(write, hash),
        onProgress: throttle((current) => emit(progressMessage(id, 'Downloading', { current, total }))),
        onRetry: (delay) => emit(stateMessage(id, `Retrying in ${Math.ceil(delay / 1000)} seconds`)),
      });
      emit(stateMessage(id, 'Verifying Checksum'));
      if (hash !== undefined) checkBlob(descriptor, `${algorithmOf(descriptor.digest)}:${hash.digest('hex')}`);
      emit(stateMessage(id, 'Download complete'));
      emit(progressMessage(id, 'Extracting', { current: total, total }));
      leave();
    });
  }

  async #commit(wanted: WantedLayer, { parent, request, context }: Work, staged: StagedLayer): Promise<Layer> {
    const layer = await commitStaged(staged, { verify: (layer) => verifyStaged(layer, wanted), parent });
    const { descriptor, diffId } = wanted;
    this.#options.recordBlob({ descriptor, diffId, repository: request.repository });
    context.emit(stateMessage(shortId(descriptor.digest), 'Pull complete'));
    return layer;
  }
}

interface Work {
  readonly request: FetchRequest;
  readonly parent: Promise<Layer | undefined>;
  readonly context: TaskContext<ProgressMessage>;
}

/** The store computes sha256; a blob named by another algorithm is hashed on its way. */
function extraHash(digest: string): Hash | undefined {
  const algorithm = algorithmOf(digest);
  return algorithm === 'sha256' ? undefined : createHash(algorithm);
}

function hashing(write: Write, hash: Hash): Write {
  return (chunk) => {
    hash.update(chunk);
    return write(chunk);
  };
}

function algorithmOf(digest: string): string {
  return digest.slice(0, digest.indexOf(':'));
}

function verifyStaged(staged: StagedLayer, { descriptor, diffId }: WantedLayer): void {
  if (algorithmOf(descriptor.digest) === 'sha256') checkBlob(descriptor, staged.digest);
  if (staged.diffId === diffId) return;
  throw new TskerError(
    'corrupt',
    `layers from manifest don't match image configuration: ${descriptor.digest} unpacks to ${staged.diffId}, not ${diffId}`,
  );
}

function checkBlob({ digest }: Descriptor, actual: string): void {
  if (actual === digest) return;
  throw new TskerError('corrupt', `filesystem layer verification failed for digest ${digest}: got ${actual}`);
}
