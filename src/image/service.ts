// The image verbs behind the API, joined to their collaborators: it reads names, calls the verb, and publishes the event.
// The rules of each verb are in the verb's file.
import { join } from 'node:path';
import type { LayerStore } from '../layer/store.types.ts';
import type { Native } from '../native/native.ts';
import { parsePlatform } from '../registry/platform.ts';
import type { Puller } from '../registry/pull.ts';
import type { Pusher } from '../registry/push.ts';
import {
  familiarName,
  familiarString,
  isNameOnly,
  normalizedString,
  parseReference,
  type Reference,
  withDefaultTag,
  withTagOrDigest,
} from '../registry/reference.ts';
import type {
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImageSummary,
  ImagesPruneResponse,
  ProgressMessage,
  RegistryAuth,
} from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import type { FileIdentity } from '../util/file-identity.ts';
import { removeSpools } from './archive-spool.ts';
import type { ContainerUse } from './container-uses.ts';
import type { ImageEvents } from './events.ts';
import { openIdentified } from './identified-file.ts';
import { checkImagePlatform } from './image-platform.ts';
import { importImage } from './import.ts';
import { imageHistory, inspectImage } from './inspect.ts';
import type { LayerHolds } from './layer-holds.ts';
import { type ListRequest, listImages } from './list.ts';
import { type LoadSource, loadImages } from './load.ts';
import { pruneImages } from './prune.ts';
import { type RemoveRequest, removeImage } from './remove.ts';
import { saveImages } from './save.ts';
import { savedImages } from './save-names.ts';
import type { SqliteImageStore } from './sqlite-store.ts';
import type { Image } from './store.types.ts';
import { type ImagesUsage, imagesUsage } from './usage.ts';

export interface ImageServiceOptions {
  readonly images: SqliteImageStore;
  readonly layers: LayerStore;
  readonly holds: LayerHolds;
  readonly native: Pick<Native, 'pipe' | 'open' | 'close'>;
  readonly puller: Puller;
  readonly pusher: Pusher;
  readonly events: ImageEvents;
  readonly usesOf: (imageId: string) => readonly ContainerUse[];
  /** The data root. */
  readonly root: string;
  readonly userAgent: string;
}

interface Stream {
  readonly emit: (message: ProgressMessage) => void;
  readonly signal: AbortSignal;
}

/** What pull, load and import are asked for: api/image/backend.ts says the same in the API's own words. */
interface Pull {
  readonly name: string;
  readonly tag: string | undefined;
  readonly platform?: string | undefined;
  readonly auth: RegistryAuth | undefined;
}

interface LoadWhat {
  readonly quiet: boolean;
  readonly platform?: string | undefined;
}

type Load = LoadWhat & { readonly body: AsyncIterable<Uint8Array> };
type LoadFile = LoadWhat & { readonly file: FileIdentity };

interface Save {
  readonly names: readonly string[];
  readonly platform?: string | undefined;
}

interface Import {
  readonly source: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly name: string | undefined;
  readonly tag: string | undefined;
  readonly message: string | undefined;
  readonly changes: readonly string[];
  readonly platform: string | undefined;
}

export class ImageService {
  readonly #options: ImageServiceOptions;

  constructor(options: ImageServiceOptions) {
    this.#options = options;
  }

  /** Removes what a daemon that was killed left half-way. Call it once, before anything else. */
  recover(): Promise<void> {
    return removeSpools(this.#tmp);
  }

  list(request: ListRequest): ImageSummary[] {
    return listImages(request, this.#options.images, this.#options.layers);
  }

  inspect(name: string, platform?: string): ImageInspect {
    const { images, layers } = this.#options;
    const image = images.resolve(name);
    checkImagePlatform(image, name, platform);
    return inspectImage(image, images.record(image.id), layers);
  }

  history(name: string, platform?: string): ImageHistoryItem[] {
    const { images, layers } = this.#options;
    const image = images.resolve(name);
    checkImagePlatform(image, name, platform);
    return imageHistory(image, images, layers);
  }

  async pull({ name, tag, platform, auth }: Pull, { emit, signal }: Stream): Promise<void> {
    const reference = withTag(parseReference(name), tag);
    const wanted = platform === undefined ? undefined : parsePlatform(platform);
    const images = await this.#options.puller.pull({ reference, platform: wanted, auth, emit, signal });
    const image = images[0];
    if (image !== undefined)
      this.#publish('pull', { image, id: familiarString(reference), name: familiarName(reference) });
  }

  /** Without a tag all tags are pushed. */
  async push({ name, tag, platform, auth }: Pull, { emit, signal }: Stream): Promise<void> {
    const reference = withTag(parseReference(name), tag);
    if (platform !== undefined) {
      const text = familiarString(reference);
      checkImagePlatform(this.#options.images.resolve(text), text, platform);
    }
    await this.#options.pusher.push({ reference, auth, emit, signal });
    const attributes = { name: familiarName(reference) };
    this.#options.events.publish('image', 'push', familiarString(reference), attributes);
  }

  load({ body, ...what }: Load, stream: Stream): Promise<void> {
    return this.#load({ body }, what, stream);
  }

  /** Throws `not_found` when that file is not to be seen from here. */
  async loadFile({ file: identity, ...what }: LoadFile, stream: Stream): Promise<void> {
    const file = await openIdentified(identity);
    try {
      await this.#load({ file }, what, stream);
    } finally {
      await file.close();
    }
  }

  async #load(source: LoadSource, { quiet, platform }: LoadWhat, { emit, signal }: Stream): Promise<void> {
    const wanted = platform === undefined ? undefined : parsePlatform(platform);
    const images = await loadImages(
      { source, quiet, platform: wanted, emit, signal },
      { ...this.#options, tmp: this.#tmp },
    );
    for (const image of images) this.#publish('load', { image, id: image.id, name: image.id });
  }

  /** The archive of the named images; what can be told to be wrong is thrown before its first byte. */
  async save({ names, platform }: Save, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const saved = savedImages(names, this.#options.images);
    for (const { image, names } of saved) checkImagePlatform(image, names[0] ?? image.id, platform);
    const archive = await saveImages(saved, this.#options, signal);
    for (const { image } of saved) this.#publish('save', { image, id: image.id, name: image.id });
    return archive;
  }

  async importImage(request: Import, { emit, signal }: Stream): Promise<void> {
    const { name, tag } = request;
    const names = name === undefined ? [] : [taggedName(withTag(parseReference(name), tag))];
    const image = await importImage({ ...request, names, emit, signal }, this.#options);
    this.#publish('import', { image, id: image.id, name: image.id });
    emit({ status: image.id });
  }

  async tag(name: string, { repo, tag }: { repo: string; tag: string | undefined }): Promise<void> {
    const target = taggedName(withTag(parseReference(repo), tag));
    const image = this.#options.images.resolve(name);
    await this.#options.images.tag(image.id, target);
    this.#publish('tag', { image, id: image.id, name: familiarString(parseReference(target)) });
  }

  remove(request: RemoveRequest): Promise<ImageDeleteItem[]> {
    return removeImage(request, this.#options);
  }

  prune(filters: ReadonlyMap<string, readonly string[]>): Promise<ImagesPruneResponse> {
    return pruneImages(filters, this.#options);
  }

  usage(): ImagesUsage {
    return imagesUsage(this.#options);
  }

  get #tmp(): string {
    return join(this.#options.root, 'tmp');
  }

  #publish(
    action: 'pull' | 'load' | 'import' | 'save' | 'tag',
    event: { image: Image; id: string; name: string },
  ): void {
    const attributes = { ...event.image.config.config?.Labels, name: event.name };
    this.#options.events.publish('image', action, event.id, attributes);
  }
}

function withTag(reference: Reference, tag: string | undefined): Reference {
  return tag === undefined ? reference : withTagOrDigest(reference, tag);
}

/** The name an image is given: never a digest, `latest` when there is no tag. */
function taggedName(reference: Reference): string {
  if (reference.digest !== undefined)
    throw new TskerError('invalid', 'refusing to create a tag with a digest reference');
  return normalizedString(isNameOnly(reference) ? withDefaultTag(reference) : reference);
}
