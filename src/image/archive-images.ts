// What images an archive holds: Docker's manifest.json, an OCI layout's index.json, or the `repositories` file of Docker
// before 1.10. It reads the small files only; load.ts unpacks the layers.
import { matchesDigest } from '../registry/digest.ts';
import { type Descriptor, parseManifest } from '../registry/manifest.ts';
import { isIndexType } from '../registry/media-types.ts';
import { choosePlatform, formatPlatform, hostPlatform, type Platform, platformMatches } from '../registry/platform.ts';
import { normalizedString, parseReference, withDefaultTag } from '../registry/reference.ts';
import { TskerError } from '../util/errors.ts';
import { legacyImages } from './archive-legacy.ts';
import { parseImageConfig } from './config.ts';
import type { ImageArchive } from './image-archive.ts';
import { configPlatform } from './image-platform.ts';

/** One image of an archive. */
export interface ArchiveImage {
  readonly config: Buffer;
  /** Names of the layers' files in the archive, from the base up. */
  readonly layers: readonly string[];
  readonly diffIds: readonly string[];
  /** Normalized names. */
  readonly names: readonly string[];
}

/** image-spec annotations.md, and containerd's full name. */
const REF_NAME = 'org.opencontainers.image.ref.name';
const IMAGE_NAME = 'io.containerd.image.name';
const MAX_DEPTH = 4;

/**
 * All of them, or those for the platform. Throws `invalid` when it is no archive of images, `corrupt` when something in it is
 * wrong, `not_found` when nothing in it is for the platform.
 */
export async function imagesOf(archive: ImageArchive, platform?: Platform): Promise<ArchiveImage[]> {
  const images = await allImagesOf(archive, platform);
  if (platform === undefined) return images;
  const fitting = images.filter(({ config }) => platformMatches(platform, configPlatform(parseImageConfig(config))));
  if (fitting.length > 0) return fitting;
  throw new TskerError(
    'not_found',
    `the archive holds no image for the specified platform (${formatPlatform(platform)})`,
  );
}

async function allImagesOf(archive: ImageArchive, platform: Platform | undefined): Promise<ArchiveImage[]> {
  if (archive.has('manifest.json')) return dockerImages(archive);
  if (archive.has('index.json')) return ociImages(archive, platform ?? hostPlatform());
  if (archive.has('repositories')) return legacyImages(archive);
  throw new TskerError('invalid', 'the archive holds no images: it has no manifest.json, index.json or repositories', {
    hint: 'an archive of a root file system is made an image by `import`',
  });
}

/** `docker save`: [{Config, RepoTags, Layers}]. */
async function dockerImages(archive: ImageArchive): Promise<ArchiveImage[]> {
  const manifest: unknown = parseList(await archive.bytes('manifest.json'));
  if (!Array.isArray(manifest)) throw corrupt('manifest.json is no list');
  const images: ArchiveImage[] = [];
  for (const item of manifest) {
    const { Config, RepoTags, Layers } = toManifestItem(item);
    images.push(toImage(await archive.bytes(Config), Layers, RepoTags.map(normalizedTag)));
  }
  return images;
}

function toManifestItem(item: unknown): { Config: string; RepoTags: string[]; Layers: string[] } {
  const { Config, RepoTags, Layers }: Record<string, unknown> = typeof item === 'object' && item ? { ...item } : {};
  const tags: unknown = RepoTags ?? [];
  const layers: unknown = Layers ?? [];
  if (typeof Config !== 'string' || !isStrings(tags) || !isStrings(layers)) throw corrupt('manifest.json is wrong');
  return { Config, RepoTags: tags, Layers: layers };
}

/** An OCI image layout (image-spec image-layout.md); each entry of the index is an image, or an index by platform. */
async function ociImages(archive: ImageArchive, platform: Platform): Promise<ArchiveImage[]> {
  const index = parseManifest(await archive.bytes('index.json'), 'application/vnd.oci.image.index.v1+json');
  if (index.kind !== 'index') throw corrupt('index.json is no index');
  const images: ArchiveImage[] = [];
  for (const descriptor of index.manifests) {
    // Attestations of BuildKit stand beside the images they are about.
    if (descriptor.platform?.os === 'unknown') continue;
    images.push(await ociImage({ archive, platform }, descriptor, namesOf(descriptor)));
  }
  return images;
}

interface Choice {
  readonly archive: ImageArchive;
  readonly platform: Platform;
}

async function ociImage(
  { archive, platform }: Choice,
  root: Descriptor,
  names: readonly string[],
): Promise<ArchiveImage> {
  let descriptor = root;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const parsed = parseManifest(await blobBytes(archive, descriptor), descriptor.mediaType);
    if (parsed.kind === 'image') {
      return toImage(await blobBytes(archive, parsed.config), parsed.layers.map(blobName), names);
    }
    const chosen = choosePlatform(parsed.manifests, platform) ?? parsed.manifests.find(isPresentIn(archive));
    if (chosen === undefined) throw corrupt(`no image of the index ${descriptor.digest} fits this platform`);
    descriptor = chosen;
  }
  throw corrupt('indexes are nested too deeply');
}

function isPresentIn(archive: ImageArchive): (descriptor: Descriptor) => boolean {
  return (descriptor) => !isIndexType(descriptor.mediaType) && archive.has(blobName(descriptor));
}

async function blobBytes(archive: ImageArchive, descriptor: Descriptor): Promise<Buffer> {
  const bytes = await archive.bytes(blobName(descriptor));
  if (!matchesDigest(bytes, descriptor.digest)) throw corrupt(`the blob ${descriptor.digest} has another digest`);
  return bytes;
}

function blobName({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** A bare tag as ref.name names no repository, so such an image comes without a name. */
function namesOf({ annotations }: Descriptor): string[] {
  const full = annotations[IMAGE_NAME];
  if (full !== undefined) return [normalizedTag(full)];
  const name = annotations[REF_NAME];
  return name !== undefined && /[:/]/.test(name) ? [normalizedTag(name)] : [];
}

function toImage(config: Buffer, layers: readonly string[], names: readonly string[]): ArchiveImage {
  const diffIds = parseImageConfig(config).rootfs.diff_ids;
  if (diffIds.length !== layers.length) {
    throw corrupt(`invalid manifest, layers length mismatch: expected ${layers.length}, got ${diffIds.length}`);
  }
  return { config, layers, diffIds, names };
}

/** `name:tag` in normalized form; throws `invalid`. */
function normalizedTag(name: string): string {
  return normalizedString(withDefaultTag(parseReference(name)));
}

function parseList(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new TskerError('corrupt', 'invalid archive: manifest.json is not JSON', { cause: error });
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function corrupt(what: string): TskerError {
  return new TskerError('corrupt', `invalid archive: ${what}`);
}
