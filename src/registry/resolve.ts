// From a tag or digest to one image: the manifest of the platform, and its configuration, all verified. No layer is
// touched here.
import { parseImageConfig } from '../image/config.ts';
import type { ImageConfigDocument } from '../image/store.types.ts';
import { TskerError } from '../util/errors.ts';
import { matchesDigest } from './digest.ts';
import { TransientError } from './errors.ts';
import { type Descriptor, type ImageManifest, MAX_MANIFEST, parseManifest } from './manifest.ts';
import { isForeignType, isIndexType, isManifestType } from './media-types.ts';
import { choosePlatform, formatPlatform, hostPlatform, type Platform, platformMatches } from './platform.ts';
import { Retries, type RetryPolicy } from './retry.ts';
import type { ImageSource, RawManifest } from './source.ts';

export interface ResolvedImage {
  /** Of the manifest or index that the reference names. */
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly configBytes: Buffer;
  readonly config: ImageConfigDocument;
}

export interface ResolveRequest {
  readonly source: ImageSource;
  /** What the reference names, already fetched. */
  readonly root: RawManifest;
  /** Undefined: the host's, and an image of another one is taken when there is no choice. */
  readonly platform: Platform | undefined;
  /** Whether layers that must be fetched from elsewhere are. */
  readonly foreignLayers: 'refuse' | 'allow';
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal;
}

/** Indexes may hold indexes; nobody needs more of them than this. */
const MAX_DEPTH = 4;

/** Throws `not_found` when no image is for the platform, `corrupt` for what does not verify. */
export async function resolveImage(request: ResolveRequest): Promise<ResolvedImage> {
  const manifest = await findManifest(request);
  if (request.foreignLayers === 'refuse') refuseForeign(manifest.layers);
  const configBytes = await fetchConfig(request, manifest.config);
  const config = parseImageConfig(configBytes);
  checkPlatform(config, request.platform);
  if (config.rootfs.diff_ids.length !== manifest.layers.length) {
    throw new TskerError(
      'corrupt',
      `layers from manifest don't match image configuration: ${manifest.layers.length} layers, ${config.rootfs.diff_ids.length} diff ids`,
    );
  }
  return { digest: request.root.digest, manifest, configBytes, config };
}

async function findManifest({ source, root, platform, signal }: ResolveRequest): Promise<ImageManifest> {
  let raw = root;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const parsed = parseManifest(raw.bytes, raw.mediaType);
    if (parsed.kind === 'image') return parsed;
    const chosen = chooseFrom(parsed.manifests, platform ?? hostPlatform());
    raw = await source.manifest(chosen.digest, signal);
    if (raw.bytes.length !== chosen.size) {
      throw new TskerError(
        'corrupt',
        `manifest ${chosen.digest} has ${raw.bytes.length} bytes, the index says ${chosen.size}`,
      );
    }
  }
  throw new TskerError('corrupt', 'invalid manifest: indexes are nested too deeply');
}

function chooseFrom(manifests: readonly Descriptor[], wanted: Platform): Descriptor {
  const images = manifests.filter(({ mediaType }) => isManifestType(mediaType) || isIndexType(mediaType));
  const chosen = choosePlatform(images, wanted);
  if (chosen !== undefined) return chosen;
  throw new TskerError('not_found', `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`);
}

/** The configuration is one blob, small enough to be held. */
async function fetchConfig(request: ResolveRequest, descriptor: Descriptor): Promise<Buffer> {
  const { digest, size } = descriptor;
  if (size > MAX_MANIFEST)
    throw new TskerError('corrupt', `the image configuration ${digest} is too large: ${size} bytes`);
  const retries = new Retries(request.retry, request.signal);
  for (;;) {
    try {
      const bytes = await readBlob(request, descriptor);
      if (matchesDigest(bytes, digest)) return bytes;
      throw new TskerError('corrupt', `image config verification failed for digest ${digest}`);
    } catch (error) {
      await retries.waitAfter(error);
    }
  }
}

async function readBlob({ source, signal }: ResolveRequest, { digest, size }: Descriptor): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of await source.blob({ digest, size, offset: 0, signal })) {
    length += chunk.length;
    if (length > size) throw new TskerError('corrupt', `the image configuration ${digest} has more than ${size} bytes`);
    chunks.push(chunk);
  }
  if (length < size)
    throw new TransientError(`the image configuration ${digest} ended after ${length} of ${size} bytes`);
  return Buffer.concat(chunks);
}

function refuseForeign(layers: readonly Descriptor[]): void {
  const foreign = layers.find(({ mediaType, urls }) => isForeignType(mediaType) && urls.length > 0);
  if (foreign === undefined) return;
  throw new TskerError(
    'forbidden',
    `layer ${foreign.digest} is a foreign layer: fetching it from ${foreign.urls[0]} is not allowed`,
  );
}

function checkPlatform(config: ImageConfigDocument, wanted: Platform | undefined): void {
  if (config.os !== 'linux') {
    throw new TskerError('unsupported', `image operating system "${config.os}" cannot be used on this platform`);
  }
  if (wanted === undefined || config.architecture === '') return;
  const { os, architecture, variant } = config;
  const actual: Platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  if (platformMatches(wanted, actual)) return;
  const message = `image was found but its platform (${formatPlatform(actual)}) does not match the specified platform (${formatPlatform(wanted)})`;
  throw new TskerError('not_found', message);
}
