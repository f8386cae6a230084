// The verb save: images as an archive, `docker save`'s manifest.json over the blobs of an OCI layout, as Docker writes since
// version 25. Nothing is spooled; the archive is the same each time.
import type { LayerStore } from '../layer/store.types.ts';
import { digestOf } from '../registry/digest.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../registry/media-types.ts';
import { familiarName, normalizedString, parseReference } from '../registry/reference.ts';
import { chainIds } from './chain.ts';
import type { LayerHolds } from './layer-holds.ts';
import { streamLayer } from './layer-stream.ts';
import type { SavedImage } from './save-names.ts';
import type { Pipes } from './stage-stream.ts';
import { type TarMember, tarEnd, tarHeader, tarPadding } from './tar-writer.ts';

export interface SaveOptions {
  readonly images: { configBytes(id: string): Buffer };
  readonly layers: LayerStore;
  readonly holds: LayerHolds;
  readonly native: Pipes;
}

/** A layer of the archive. */
interface SavedLayer {
  readonly chainId: string;
  readonly diffId: string;
  /** Bytes of its tar. */
  readonly size: number;
}

interface Prepared {
  readonly id: string;
  /** Names with tags. */
  readonly names: readonly string[];
  readonly config: Buffer;
  readonly manifest: Buffer;
  readonly layers: readonly SavedLayer[];
}

const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';

/**
 * Resolves when nothing but the disk can go wrong any more; the archive's bytes follow. Iterate it or return it: until then
 * the layers are held.
 */
export async function saveImages(
  saved: readonly SavedImage[],
  options: SaveOptions,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array>> {
  const hold = options.holds.hold(saved.flatMap(({ image }) => chainIds(image.config.rootfs.diff_ids)));
  try {
    const prepared: Prepared[] = [];
    for (const one of saved) prepared.push(await prepare(one, options));
    return writeArchive(prepared, { ...options, signal, done: () => hold.end() });
  } catch (error) {
    await hold.end();
    throw error;
  }
}

async function prepare({ image, names }: SavedImage, { images, layers }: SaveOptions): Promise<Prepared> {
  const config = images.configBytes(image.id);
  const diffIds = image.config.rootfs.diff_ids;
  const saved: SavedLayer[] = [];
  for (const [index, chainId] of chainIds(diffIds).entries()) {
    saved.push({ chainId, diffId: diffIds[index] ?? '', size: await layers.tarSize(chainId) });
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: CONFIG_TYPE, digest: image.id, size: config.length },
    layers: saved.map(layerDescriptor),
  };
  return { id: image.id, names, config, manifest: Buffer.from(JSON.stringify(manifest)), layers: saved };
}

function layerDescriptor({ diffId, size }: SavedLayer): object {
  return { mediaType: LAYER_TYPE, digest: diffId, size };
}

interface Writing extends SaveOptions {
  readonly signal: AbortSignal;
  readonly done: () => Promise<void>;
}

async function* writeArchive(images: readonly Prepared[], writing: Writing): AsyncGenerator<Uint8Array> {
  try {
    for (const name of ['blobs/', 'blobs/sha256/']) yield tarHeader({ name, type: 'directory', mode: 0o755, mtime: 0 });
    const written = new Set<string>();
    for (const { id, config, manifest, layers } of images) {
      for (const layer of layers) if (isFirst(written, layer.diffId)) yield* writeLayer(layer, writing);
      if (isFirst(written, id)) yield file(blobPath(id), config);
      if (isFirst(written, digestOf(manifest))) yield file(blobPath(digestOf(manifest)), manifest);
    }
    yield file('index.json', json(indexOf(images)));
    yield file('manifest.json', json(images.map(manifestItem)));
    yield file('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
    if (images.some(({ names }) => names.length > 0)) yield file('repositories', json(repositoriesOf(images)));
    yield tarEnd();
  } finally {
    await writing.done();
  }
}

function isFirst(written: Set<string>, digest: string): boolean {
  const { size } = written;
  return written.add(digest).size > size;
}

async function* writeLayer({ chainId, diffId, size }: SavedLayer, writing: Writing): AsyncGenerator<Uint8Array> {
  yield tarHeader(member(blobPath(diffId), size));
  yield* streamLayer({ ...writing, chainId });
  yield tarPadding(size);
}

function member(name: string, size: number): TarMember {
  return { name, type: 'file', mode: 0o644, size, mtime: 0 };
}

function file(name: string, content: Buffer): Buffer {
  return Buffer.concat([tarHeader(member(name, content.length)), content, tarPadding(content.length)]);
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** An entry a name, one without annotations for an image that has none. */
function indexOf(images: readonly Prepared[]): object {
  const manifests = images.flatMap(({ names, manifest }) => {
    const descriptor = { mediaType: OCI_MANIFEST, digest: digestOf(manifest), size: manifest.length };
    if (names.length === 0) return [descriptor];
    return names.map((name) => ({
      ...descriptor,
      annotations: {
        'io.containerd.image.name': normalizedString(parseReference(name)),
        'org.opencontainers.image.ref.name': parseReference(name).tag,
      },
    }));
  });
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
}

function manifestItem({ id, names, layers }: Prepared): object {
  return {
    Config: blobPath(id),
    RepoTags: names.length === 0 ? null : names,
    Layers: layers.map(({ diffId }) => blobPath(diffId)),
    LayerSources: Object.fromEntries(layers.map((layer) => [layer.diffId, layerDescriptor(layer)])),
  };
}

/** For readers of before 2016: name → tag → what stands for the top layer. */
function repositoriesOf(images: readonly Prepared[]): object {
  const repositories: Record<string, Record<string, string>> = {};
  for (const { names, layers, id } of images) {
    const top = (layers.at(-1)?.diffId ?? id).replace(/^.*:/, '');
    for (const name of names) {
      const reference = parseReference(name);
      const repository = familiarName(reference);
      repositories[repository] = { ...repositories[repository], [reference.tag ?? 'latest']: top };
    }
  }
  return repositories;
}
