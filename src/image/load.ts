// The verb load: the images of an archive into the stores. The archive is a stream, which is read once, or a file, of which no more is
// read than is needed.
import type { FileHandle } from 'node:fs/promises';
import type { LayerStore } from '../layer/store.types.ts';
import type { Native } from '../native/native.ts';
import { shortId } from '../registry/digest.ts';
import type { Platform } from '../registry/platform.ts';
import { familiarString, parseReference } from '../registry/reference.ts';
import { throwIfAborted } from '../registry/retry.ts';
import { YoungGarbage } from '../util/young-garbage.ts';
import { ArchiveFile, fileBytes } from './archive-file.ts';
import { type ArchiveImage, imagesOf } from './archive-images.ts';
import { ArchiveSpool } from './archive-spool.ts';
import { chainIds } from './chain.ts';
import { commitLayers } from './commit-layers.ts';
import { decompress } from './decompress.ts';
import type { ImageArchive } from './image-archive.ts';
import type { LayerHolds } from './layer-holds.ts';
import { type Emit, progressMessage } from './progress.ts';
import type { Image, ImageStore } from './store.types.ts';

export interface LoadOptions {
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly holds: LayerHolds;
  readonly native: Pick<Native, 'open' | 'pipe' | 'close'>;
  /** `<root>/tmp`. */
  readonly tmp: string;
}

export type LoadSource = { readonly body: AsyncIterable<Uint8Array> } | { readonly file: FileHandle };

export interface LoadRequest {
  readonly source: LoadSource;
  readonly quiet: boolean;
  /** Undefined: the host's, where the archive has a choice. */
  readonly platform: Platform | undefined;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** Loads every image of the archive; what was spooled is gone afterwards, whatever happens. */
export async function loadImages(request: LoadRequest, options: LoadOptions): Promise<Image[]> {
  const archive = await openArchive(request, options);
  try {
    const images: Image[] = [];
    for (const found of await imagesOf(archive, request.platform)) {
      images.push(await loadImage(found, { archive, request, options }));
    }
    return images;
  } finally {
    await archive.remove();
  }
}

async function openArchive({ source, signal }: LoadRequest, options: LoadOptions): Promise<ImageArchive> {
  if ('file' in source) {
    const plain = await ArchiveFile.read(source.file, options);
    if (plain !== undefined) return plain;
  }
  const body = 'file' in source ? fileBytes(source.file) : source.body;
  return await ArchiveSpool.read(decompress(abortable(body, signal)), { ...options, signal });
}

interface Context {
  readonly archive: ImageArchive;
  readonly request: LoadRequest;
  readonly options: LoadOptions;
}

async function loadImage(found: ArchiveImage, { archive, request, options }: Context): Promise<Image> {
  const { layers, holds, images } = options;
  const { emit, signal, quiet } = request;
  const files = found.layers.map((name, index) => ({ layer: archive.layer(name), diffId: found.diffIds[index] ?? '' }));
  const chain = chainIds(found.diffIds);
  const hold = holds.hold(chain);
  const sizes = new Map(files.map(({ diffId, layer }) => [diffId, layer.size]));
  const onLayer = ({ diffId }: { diffId: string }): void => {
    const size = sizes.get(diffId) ?? 0;
    if (!quiet) emit(progressMessage(shortId(diffId), 'Loading layer', { current: size, total: size }));
  };
  try {
    await commitLayers(files, { layers, signal, onLayer });
    const image = await images.put(found.config, found.names);
    for (const line of loadedLines(found, image)) emit({ stream: `${line}\n` });
    return image;
  } catch (error) {
    const top = chain.findLast((id) => layers.get(id) !== undefined);
    if (top !== undefined) await holds.release(top);
    throw error;
  } finally {
    await hold.end();
  }
}

function loadedLines({ names }: ArchiveImage, image: Image): string[] {
  if (names.length === 0) return [`Loaded image ID: ${image.id}`];
  return names.map((name) => `Loaded image: ${familiarString(parseReference(name))}`);
}

/** A client that hangs up ends the reading. */
async function* abortable(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const garbage = new YoungGarbage();
  for await (const chunk of body) {
    throwIfAborted(signal);
    garbage.passed(chunk.length);
    yield chunk;
  }
  throwIfAborted(signal);
}
