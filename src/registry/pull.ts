// The verb pull: a reference in, an image in the store out. It joins where to ask (endpoints), what to take (resolve) and
// the layers (fetch-layers), and says what happens in Docker's words.
import { chainIds } from '../image/chain.ts';
import type { LayerHolds } from '../image/layer-holds.ts';
import type { Emit } from '../image/progress.ts';
import type { Pipes } from '../image/stage-stream.ts';
import type { Image, ImageStore } from '../image/store.types.ts';
import type { Layer, LayerStore } from '../layer/store.types.ts';
import type { Db } from '../store/database.ts';
import type { ProgressMessage, RegistryAuth } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { BlobTable } from './blob-table.ts';
import { DEFAULT_CERTIFICATES } from './certificates.ts';
import type { EmbeddedSource } from './embedded.ts';
import type { RegistryConfig } from './endpoints.ts';
import { translatePullError } from './errors.ts';
import { LayerFetcher, type WantedLayer } from './fetch-layers.ts';
import { HttpClient } from './http.ts';
import { Limiter } from './limiter.ts';
import type { Platform } from './platform.ts';
import { familiarString, isNameOnly, type Reference, repositoryName } from './reference.ts';
import { type ResolvedImage, resolveImage } from './resolve.ts';
import { DEFAULT_RETRY, type RetryPolicy } from './retry.ts';
import { SharedTasks } from './shared-tasks.ts';
import type { ImageSource, RawManifest } from './source.ts';
import { SourceFactory } from './sources.ts';

export interface PullerOptions {
  readonly db: Db;
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly holds: LayerHolds;
  readonly native: Pipes;
  readonly embedded: EmbeddedSource;
  readonly config: RegistryConfig & {
    /** Downloads at once, over all pulls; Docker's default is 3. */
    readonly maxConcurrentDownloads?: number;
    /** Milliseconds without a byte after which a registry counts as hung. */
    readonly stallTimeout?: number;
    /** Directories of certificates by host, like /etc/docker/certs.d. */
    readonly certificates?: readonly string[];
    readonly retry?: RetryPolicy;
    readonly foreignLayers?: 'refuse' | 'allow';
  };
  /** `tsker/0.1.0`. */
  readonly userAgent: string;
}

export interface PullOptions {
  /** Of a bare name every tag is pulled. */
  readonly reference: Reference;
  readonly platform: Platform | undefined;
  readonly auth: RegistryAuth | undefined;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

const DEFAULT_DOWNLOADS = 3;
const DEFAULT_STALL_TIMEOUT = 30_000;

export class Puller {
  readonly #options: PullerOptions;
  readonly #http: HttpClient;
  readonly #sources: SourceFactory;
  readonly #fetcher: LayerFetcher;
  readonly #retry: RetryPolicy;
  readonly #blobs: BlobTable;

  constructor(options: PullerOptions) {
    const { db, layers, native, config, embedded, userAgent } = options;
    this.#options = options;
    this.#retry = config.retry ?? DEFAULT_RETRY;
    const { stallTimeout = DEFAULT_STALL_TIMEOUT, certificates = DEFAULT_CERTIFICATES } = config;
    this.#http = new HttpClient({ userAgent, stallTimeout, certificates });
    this.#sources = new SourceFactory({ http: this.#http, config, embedded, retry: this.#retry });
    this.#blobs = new BlobTable(db);
    this.#fetcher = new LayerFetcher({
      layers,
      native,
      limiter: new Limiter(() => config.maxConcurrentDownloads ?? DEFAULT_DOWNLOADS),
      tasks: new SharedTasks<Layer, ProgressMessage>(),
      retry: this.#retry,
      recordBlob: (record) => this.#blobs.record(record),
    });
  }

  /** Closes idle connections to registries. */
  close(): void {
    this.#http.close();
  }

  /** Pulls; resolves with the images, of which only a bare name gives several. Throws Docker's errors. */
  async pull(options: PullOptions): Promise<Image[]> {
    const { reference, signal } = options;
    try {
      const source = await this.#sources.open(reference, options.auth);
      if (!isNameOnly(reference)) return [await this.#pullOne(source, options)];
      const images: Image[] = [];
      for (const tag of await source.tags(signal)) {
        images.push(await this.#pullOne(source, { ...options, reference: { ...reference, tag } }));
      }
      return images;
    } catch (error) {
      throw translatePullError(error, reference);
    }
  }

  async #pullOne(source: ImageSource, options: PullOptions): Promise<Image> {
    const { reference, emit, signal } = options;
    const root = await source.manifest(reference.digest ?? reference.tag ?? 'latest', signal);
    const resolved = await this.#resolve(source, root, options);
    // The path alone, `library/busybox`, whatever the registry: Docker's words.
    emit({ status: `Pulling from ${reference.path}`, id: reference.tag ?? root.digest });
    const before = this.#imageIdOf(reference);
    const image = await this.#obtain(source, resolved, options);
    emit({ status: `Digest: ${root.digest}` });
    const news = before === image.id ? 'Image is up to date for' : 'Downloaded newer image for';
    emit({ status: `Status: ${news} ${familiarString(reference)}` });
    return image;
  }

  #resolve(source: ImageSource, root: RawManifest, { platform, signal }: PullOptions): Promise<ResolvedImage> {
    const foreignLayers = this.#options.config.foreignLayers ?? 'refuse';
    return resolveImage({ source, root, platform, foreignLayers, retry: this.#retry, signal });
  }

  /** Fetches what is missing and stores the image under its names; when it fails, no layer of it stays behind. */
  async #obtain(source: ImageSource, resolved: ResolvedImage, options: PullOptions): Promise<Image> {
    const { holds, images, layers } = this.#options;
    const chain = chainIds(resolved.config.rootfs.diff_ids);
    const hold = holds.hold(chain);
    try {
      const known = images.get(resolved.manifest.config.digest);
      const complete = known !== undefined && chain.every((id) => layers.get(id) !== undefined);
      if (!complete) await this.#fetchLayers(source, resolved, options);
      return await images.put(resolved.configBytes, namesOf(options.reference, resolved.digest));
    } catch (error) {
      const top = chain.findLast((id) => layers.get(id) !== undefined);
      if (top !== undefined) await holds.release(top);
      throw error;
    } finally {
      await hold.end();
      this.#blobs.forgetGone();
    }
  }

  #fetchLayers(source: ImageSource, resolved: ResolvedImage, options: PullOptions): Promise<void> {
    const { emit, signal, reference } = options;
    return this.#fetcher.fetchAll({
      source,
      repository: repositoryName(reference),
      wanted: wantedLayers(resolved),
      emit,
      signal,
    });
  }

  #imageIdOf(reference: Reference): string | undefined {
    try {
      return this.#options.images.resolve(familiarString(reference)).id;
    } catch (error) {
      if (error instanceof TskerError && error.code === 'not_found') return undefined;
      throw error;
    }
  }
}

function wantedLayers({ manifest, config }: ResolvedImage): WantedLayer[] {
  const chain = chainIds(config.rootfs.diff_ids);
  return manifest.layers.map((descriptor, index) => ({
    descriptor,
    diffId: config.rootfs.diff_ids[index] ?? '',
    chainId: chain[index] ?? '',
    parent: chain[index - 1],
  }));
}

/** The tag that was pulled, and the digest it had. */
function namesOf(reference: Reference, digest: string): string[] {
  const name = repositoryName(reference);
  const byDigest = `${name}@${digest}`;
  return reference.digest === undefined ? [`${name}:${reference.tag ?? 'latest'}`, byDigest] : [byDigest];
}
