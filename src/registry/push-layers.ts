// The layers of one push: each is found in the repository, mounted from another one of the same registry, or compressed and
// uploaded, several at once. What the manifest says of them is the result.

import { streamLayer } from '../image/layer-stream.ts';
import { type Emit, progressMessage, stateMessage, throttle } from '../image/progress.ts';
import type { Pipes } from '../image/stage-stream.ts';
import type { LayerStore, WrittenTar } from '../layer/store.types.ts';
import { messageOf } from '../util/errors.ts';
import { shortId } from './digest.ts';
import { RegistryError, TransientError } from './errors.ts';
import type { BlobRecord } from './fetch-layers.ts';
import type { KnownBlob, KnownBlobs } from './known-blobs.ts';
import type { Limiter } from './limiter.ts';
import { familiarName, parseReference, type Reference, repositoryName } from './reference.ts';
import { Retries, type RetryPolicy } from './retry.ts';
import type { PresentBlob, Uploads } from './uploads.ts';

export interface PushedLayer {
  readonly chainId: string;
  readonly diffId: string;
}

export interface LayerPusherOptions {
  readonly layers: Pick<LayerStore, 'writeTar'>;
  readonly native: Pipes;
  readonly known: KnownBlobs;
  readonly recordBlob: (record: BlobRecord) => void;
  readonly limiter: Limiter;
  readonly retry: RetryPolicy;
}

export interface PushLayersRequest {
  readonly uploads: Uploads;
  readonly reference: Reference;
  /** From the base up. */
  readonly wanted: readonly PushedLayer[];
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
/** Questions to a registry about one layer before it is simply sent. */
const MAX_CANDIDATES = 4;

type Work = Omit<PushLayersRequest, 'wanted'>;

/** An upload that may go on after it was cut. */
interface Transfer {
  location: string | undefined;
}

export class LayerPusher {
  readonly #options: LayerPusherOptions;

  constructor(options: LayerPusherOptions) {
    this.#options = options;
  }

  /** The blobs, in the order of the layers. The first failure stops the others and is thrown. */
  async pushAll({ wanted, ...request }: PushLayersRequest): Promise<PresentBlob[]> {
    const stop = new AbortController();
    const work = { ...request, signal: AbortSignal.any([request.signal, stop.signal]) };
    const failures: unknown[] = [];
    const sent = new Map<string, Promise<PresentBlob | undefined>>();
    // From the top, as Docker lists them; a layer that is there twice is sent once.
    for (const layer of wanted.toReversed()) {
      request.emit(stateMessage(shortId(layer.diffId), 'Preparing'));
      if (sent.has(layer.diffId)) continue;
      const push = this.#push(layer, work).catch((error: unknown) => {
        failures.push(error);
        stop.abort(error);
        return undefined;
      });
      sent.set(layer.diffId, push);
    }
    const blobs = await Promise.all(wanted.map(({ diffId }) => sent.get(diffId)));
    if (failures.length > 0) throw failures[0];
    return blobs.filter((blob) => blob !== undefined);
  }

  async #push(layer: PushedLayer, work: Work): Promise<PresentBlob> {
    const { emit, signal } = work;
    const id = shortId(layer.diffId);
    const leave = await this.#options.limiter.acquire(signal, () => emit(stateMessage(id, 'Waiting')));
    const retries = new Retries(this.#options.retry, signal);
    const transfer: Transfer = { location: undefined };
    try {
      for (;;) {
        try {
          const blob = (await this.#reuse(layer, work)) ?? (await this.#upload(layer, work, transfer));
          this.#record(blob, layer, work);
          return blob;
        } catch (error) {
          await retries.waitAfter(error, (delay) =>
            emit(stateMessage(id, `Retrying in ${Math.ceil(delay / 1000)} seconds`)),
          );
        }
      }
    } finally {
      leave();
    }
  }

  /** A blob of this layer that the repository has, or can have from its neighbour. */
  async #reuse({ diffId }: PushedLayer, { uploads, reference, emit, signal }: Work): Promise<PresentBlob | undefined> {
    const id = shortId(diffId);
    const own = repositoryName(reference);
    const known = this.#options.known.ofLayer(diffId).filter(isGzip);
    const here = known.filter(({ repository }) => repository === own).slice(0, MAX_CANDIDATES);
    for (const { digest } of here) {
      const found = await uploads.find(digest, signal);
      if (found === undefined) continue;
      emit(stateMessage(id, 'Layer already exists'));
      return found;
    }
    const neighbours = known
      .map((blob) => ({ digest: blob.digest, source: parseReference(blob.repository) }))
      .filter(({ source }) => source.domain === reference.domain && source.path !== reference.path);
    for (const { digest, source } of neighbours.slice(0, MAX_CANDIDATES)) {
      if (!(await uploads.mount({ digest, from: source.path }, signal))) continue;
      const found = await uploads.find(digest, signal);
      if (found === undefined) continue;
      emit(stateMessage(id, `Mounted from ${familiarName(source).replace(`${reference.domain}/`, '')}`));
      return found;
    }
    return undefined;
  }

  /** Compresses and sends in one pass: the digest is known at the end. What was cut goes on where the registry says. */
  async #upload(layer: PushedLayer, work: Work, transfer: Transfer): Promise<PresentBlob> {
    const { uploads, emit, signal } = work;
    const id = shortId(layer.diffId);
    const resumed = transfer.location === undefined ? undefined : await uploads.resume(transfer.location, signal);
    const { location, offset } = resumed ?? (await uploads.begin(signal));
    transfer.location = location;
    let sent: WrittenTar | undefined;
    const onEnd = (written: WrittenTar): void => {
      sent = written;
    };
    const next = await uploads.append(location, () => this.#compressed(layer, work, { offset, onEnd }), signal);
    if (sent === undefined) throw new Error('the registry answered before the layer was sent');
    const { digest, bytes } = sent;
    await uploads.commit(next, { digest, body: '', signal }).catch((error: unknown) => {
      transfer.location = undefined;
      throw resumed === undefined ? error : asTransient(error);
    });
    emit(progressMessage(id, 'Pushing', { current: bytes, total: bytes }));
    emit(stateMessage(id, 'Pushed'));
    return { digest, size: bytes };
  }

  /** The layer's gzip from `offset` on, the same each time; what all of it was is told at the end. */
  async *#compressed({ chainId, diffId }: PushedLayer, work: Work, part: Part): AsyncGenerator<Uint8Array> {
    const { layers, native } = this.#options;
    const { emit, signal } = work;
    const report = throttle((current) => emit(progressMessage(shortId(diffId), 'Pushing', { current, total: 0 })));
    let position = 0;
    const layer = streamLayer({ layers, native, chainId, gzip: true, signal });
    try {
      for (let next = await layer.next(); ; next = await layer.next()) {
        if (next.done === true) {
          part.onEnd(next.value);
          return;
        }
        const unsent = next.value.subarray(Math.max(0, Math.min(next.value.length, part.offset - position)));
        position += next.value.length;
        report(position);
        if (unsent.length > 0) yield unsent;
      }
    } finally {
      await layer.return({ bytes: 0, digest: '' });
    }
  }

  #record({ digest, size }: PresentBlob, { diffId }: PushedLayer, { reference }: Work): void {
    const descriptor = { digest, size, mediaType: LAYER_TYPE, urls: [], annotations: {}, platform: undefined };
    this.#options.recordBlob({ descriptor, diffId, repository: repositoryName(reference) });
  }
}

interface Part {
  /** Bytes at the beginning that are there already. */
  readonly offset: number;
  readonly onEnd: (written: WrittenTar) => void;
}

/** What went on from another connection's bytes and was refused is worth a try from the start. */
function asTransient(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  return new TransientError(messageOf(error), { cause: error });
}

/** The manifest says gzip, so nothing else is taken. */
function isGzip({ mediaType }: KnownBlob): boolean {
  return /gzip$/.test(mediaType);
}
