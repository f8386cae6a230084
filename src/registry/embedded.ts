// The image inside the executable: `tsker/busybox` is answered from an asset, so a machine without a registry can run a
// container. To the puller it is a source like a registry.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import { gunzipSync } from 'node:zlib';
import { readTar } from '../image/tar-reader.ts';
import { TskerError } from '../util/errors.ts';
import { RegistryError } from './errors.ts';
import { parseManifest } from './manifest.ts';
import { OCI_INDEX } from './media-types.ts';
import { type Reference, repositoryName } from './reference.ts';
import type { BlobRequest, ImageSource, RawManifest } from './source.ts';

/** Finds images that need no registry. */
export interface EmbeddedSource {
  find(reference: Reference): Promise<ImageSource | undefined>;
}

/** The asset of the single file (scripts/make-busybox-image.ts makes it): a gzipped OCI layout. */
const ASSET = 'images/busybox.tar.gz';
const DEVELOPMENT_FILE = 'dist/busybox-image.tar.gz';
const REPOSITORY = 'docker.io/tsker/busybox';
const TAG = 'latest';
/** Bytes of the layout unpacked; it is a few megabytes. */
const MAX_LAYOUT = 64 * 1024 * 1024;

export class EmbeddedBusybox implements EmbeddedSource {
  readonly #readAsset: () => Promise<Buffer>;

  constructor(readAsset: () => Promise<Buffer> = readBusyboxAsset) {
    this.#readAsset = readAsset;
  }

  /** The source for `tsker/busybox`, bare, `:latest` or by its digest; other tags are a registry's. */
  async find(reference: Reference): Promise<ImageSource | undefined> {
    if (repositoryName(reference) !== REPOSITORY) return undefined;
    if (reference.digest === undefined && (reference.tag ?? TAG) !== TAG) return undefined;
    const layout = await LayoutSource.open(await this.#readAsset());
    return reference.digest === undefined || reference.digest === layout.digest ? layout : undefined;
  }
}

/** From the single file, or from dist in development. */
async function readBusyboxAsset(): Promise<Buffer> {
  if (isSea()) return Buffer.from(getRawAsset(ASSET) as ArrayBuffer);
  try {
    return await readFile(join(resolve(import.meta.dirname, '../..'), DEVELOPMENT_FILE));
  } catch (error) {
    throw new TskerError('unavailable', `the embedded image is missing: ${DEVELOPMENT_FILE}`, {
      cause: error,
      hint: 'make it with scripts/make-busybox-image',
    });
  }
}

/** An OCI layout of one image, held in memory. */
class LayoutSource implements ImageSource {
  readonly digest: string;
  readonly #mediaType: string;
  readonly #blobs: ReadonlyMap<string, Buffer>;

  private constructor(image: { digest: string; mediaType: string }, blobs: ReadonlyMap<string, Buffer>) {
    this.digest = image.digest;
    this.#mediaType = image.mediaType;
    this.#blobs = blobs;
  }

  static async open(archive: Buffer): Promise<LayoutSource> {
    const files = new Map<string, Buffer>();
    for await (const entry of readTar(once(gunzipSync(archive, { maxOutputLength: MAX_LAYOUT })))) {
      if (entry.type === 'file') files.set(entry.name, await readEntry(entry.body));
    }
    const index = parseManifest(files.get('index.json') ?? Buffer.alloc(0), OCI_INDEX);
    const image = index.kind === 'index' ? index.manifests[0] : undefined;
    if (image === undefined) throw new TskerError('corrupt', 'the embedded image has no manifest');
    return new LayoutSource(image, files);
  }

  async manifest(reference: string): Promise<RawManifest> {
    const digest = reference === TAG ? this.digest : reference;
    return { bytes: this.#blob(digest), mediaType: this.#mediaType, digest };
  }

  async blob({ digest, offset }: BlobRequest): Promise<AsyncIterable<Uint8Array>> {
    return once(this.#blob(digest).subarray(offset));
  }

  async tags(): Promise<string[]> {
    return [TAG];
  }

  #blob(digest: string): Buffer {
    const bytes = this.#blobs.get(`blobs/${digest.replace(':', '/')}`);
    if (bytes === undefined)
      throw new RegistryError('not_found', 'MANIFEST_UNKNOWN', 'manifest unknown: manifest unknown');
    return bytes;
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function readEntry(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
