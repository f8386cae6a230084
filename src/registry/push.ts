// The verb push: an image's layers, configuration and manifest to its registry, with what is missing there only. A bare name
// pushes every tag of the repository.
import { chainIds } from '../image/chain.ts';
import type { LayerHolds } from '../image/layer-holds.ts';
import type { Emit } from '../image/progress.ts';
import type { Pipes } from '../image/stage-stream.ts';
import type { Image, ImageStore } from '../image/store.types.ts';
import type { LayerStore } from '../layer/store.types.ts';
import type { Db } from '../store/database.ts';
import type { RegistryAuth } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { BlobTable } from './blob-table.ts';
import type { Connections } from './connections.ts';
import { KnownBlobs } from './known-blobs.ts';
import { Limiter } from './limiter.ts';
import { DOCKER_MANIFEST } from './media-types.ts';
import { LAYER_TYPE, LayerPusher } from './push-layers.ts';
import {
  familiarName,
  familiarString,
  isNameOnly,
  parseReference,
  type Reference,
  repositoryName,
} from './reference.ts';
import { DEFAULT_RETRY, Retries, type RetryPolicy } from './retry.ts';
import { type PresentBlob, Uploads } from './uploads.ts';

export interface PusherOptions {
  readonly db: Db;
  readonly images: ImageStore & { configBytes(id: string): Buffer };
  readonly layers: LayerStore;
  readonly holds: LayerHolds;
  readonly native: Pipes;
  readonly connections: Connections;
  readonly config?: {
    /** Uploads at once, over all pushes; Docker's default is 5. */
    readonly maxConcurrentUploads?: number;
    readonly retry?: RetryPolicy;
  };
}

export interface PushOptions {
  /** Of a bare name every tag is pushed. */
  readonly reference: Reference;
  readonly auth: RegistryAuth | undefined;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

interface Pushed {
  readonly uploads: Uploads;
  readonly tag: string;
  readonly image: Image;
}

const DEFAULT_UPLOADS = 5;
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';

export class Pusher {
  readonly #options: PusherOptions;
  readonly #known: KnownBlobs;
  readonly #layers: LayerPusher;
  readonly #retry: RetryPolicy;

  constructor(options: PusherOptions) {
    const { db, layers, native, config = {} } = options;
    this.#options = options;
    this.#retry = config.retry ?? DEFAULT_RETRY;
    this.#known = new KnownBlobs(db);
    const blobs = new BlobTable(db);
    const recordBlob = blobs.record.bind(blobs);
    const limiter = new Limiter(config.maxConcurrentUploads ?? DEFAULT_UPLOADS);
    this.#layers = new LayerPusher({ layers, native, known: this.#known, recordBlob, limiter, retry: this.#retry });
  }

  /** Throws in Docker's words, in Docker's order: what is to be pushed is looked for after the first message. */
  async push(options: PushOptions): Promise<void> {
    const { reference, emit } = options;
    if (reference.digest !== undefined) throw new TskerError('invalid', 'cannot push a digest reference');
    emit({ status: `The push refers to repository [${repositoryName(reference)}]` });
    for (const { tag, image } of this.#imagesOf(reference)) {
      const uploads = await this.#open(options, image);
      await this.#pushImage({ uploads, tag, image }, options);
    }
  }

  #imagesOf(reference: Reference): { tag: string; image: Image }[] {
    const name = repositoryName(reference);
    const all = this.#options.images.list().flatMap((image) =>
      image.repoTags
        .map(parseReference)
        .filter((own) => repositoryName(own) === name)
        .map(({ tag = 'latest' }) => ({ tag, image })),
    );
    if (all.length === 0) {
      throw new TskerError('not_found', `An image does not exist locally with the tag: ${familiarName(reference)}`);
    }
    const found = isNameOnly(reference) ? all : all.filter(({ tag }) => tag === reference.tag);
    if (found.length === 0) throw new TskerError('not_found', `tag does not exist: ${familiarString(reference)}`);
    return found.sort((a, b) => (a.tag < b.tag ? -1 : 1));
  }

  /** One token for all: the right to write here, and to read what may be mounted. */
  async #open({ reference, auth }: PushOptions, image: Image): Promise<Uploads> {
    const sources = image.config.rootfs.diff_ids
      .flatMap((diffId) => this.#known.ofLayer(diffId))
      .map(({ repository }) => parseReference(repository))
      .filter(({ domain, path }) => domain === reference.domain && path !== reference.path)
      .map(({ path }) => `repository:${path}:pull`);
    const scopes = [`repository:${reference.path}:pull,push`, ...new Set(sources)];
    const connection = await this.#options.connections.open({ domain: reference.domain, auth, scopes });
    return new Uploads(connection, reference.path);
  }

  async #pushImage(pushed: Pushed, options: PushOptions): Promise<void> {
    const { image, uploads, tag } = pushed;
    const { reference, emit, signal } = options;
    const diffIds = image.config.rootfs.diff_ids;
    const chain = chainIds(diffIds);
    const hold = this.#options.holds.hold(chain);
    try {
      const wanted = chain.map((chainId, index) => ({ chainId, diffId: diffIds[index] ?? '' }));
      const layers = await this.#layers.pushAll({ uploads, reference, wanted, emit, signal });
      const config = await this.#retrying(signal, () => this.#pushConfig(pushed, signal));
      const bytes = manifestOf(config, layers);
      const manifest = { bytes, mediaType: DOCKER_MANIFEST };
      const digest = await this.#retrying(signal, () => uploads.putManifest(tag, manifest, signal));
      await this.#remember(image, `${repositoryName(reference)}@${digest}`);
      emit({ status: `${tag}: digest: ${digest} size: ${bytes.length}` });
      emit({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: bytes.length } });
    } finally {
      await hold.end();
    }
  }

  async #pushConfig({ uploads, image }: Pushed, signal: AbortSignal): Promise<PresentBlob> {
    const bytes = this.#options.images.configBytes(image.id);
    const found = await uploads.find(image.id, signal);
    if (found === undefined) await uploads.put(image.id, bytes, signal);
    return { digest: image.id, size: bytes.length };
  }

  /** The image may have gone while it was pushed; what was pushed stays pushed. */
  async #remember(image: Image, name: string): Promise<void> {
    const { images } = this.#options;
    if (images.get(image.id) !== undefined) await images.tag(image.id, name);
  }

  async #retrying<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    const retries = new Retries(this.#retry, signal);
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        await retries.waitAfter(error);
      }
    }
  }
}

/** Byte for byte as Docker writes it: the digest of what was pulled and is pushed again stays the same. */
function manifestOf(config: PresentBlob, layers: readonly PresentBlob[]): Buffer {
  const describe = (mediaType: string, { size, digest }: PresentBlob) => ({ mediaType, size, digest });
  const manifest = {
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: describe(CONFIG_TYPE, config),
    layers: layers.map((layer) => describe(LAYER_TYPE, layer)),
  };
  return Buffer.from(JSON.stringify(manifest, undefined, 3));
}
