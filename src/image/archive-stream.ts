// Unpacks the large layers of an archive while it is read, so that they are written once and not spooled. What is no layer, or
// small, or for a driver that needs the parent first, is left to the spool.
import { TskerError } from '../util/errors.ts';
import { type ArchiveLayer, type ArchiveLayerParts, streamedLayer } from './archive-layer.ts';
import { joined, readHead } from './decompress.ts';
import { feedStage } from './stage-stream.ts';
import type { TarEntry } from './tar-reader.ts';

/** Bytes from which on a file is worth it. */
const LARGE = 1024 * 1024;
/** Where a tar's header says that it is one (tar(5)). */
const MAGIC_OFFSET = 257;
const MAGIC = 'ustar';
const COMPRESSED: readonly Buffer[] = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])];

export type Unpacked =
  /** The layer, or what is wrong with it: who needs it is told. */
  { readonly layer: ArchiveLayer; readonly digest: string } | { readonly error: Error };

export type Streamed =
  /** All its bytes have passed; the last of them may still be on their way to the disk. */
  | { readonly unpacked: Promise<Unpacked> }
  /** It is to be spooled: its bytes, from the first. */
  | { readonly body: AsyncIterable<Uint8Array> };

export type StreamEntry = (entry: TarEntry) => Promise<Streamed>;

/** What the spool asks about each file; undefined when this driver's layers cannot be unpacked by themselves. */
export function archiveStreaming(parts: ArchiveLayerParts, signal: AbortSignal): StreamEntry | undefined {
  if (!parts.layers.independentLayers) return undefined;
  return async ({ name, size, body }) => {
    if (size < LARGE) return { body };
    const iterator = body[Symbol.asyncIterator]();
    const head = await readHead(iterator, MAGIC_OFFSET + MAGIC.length);
    const whole = joined(head, iterator);
    if (!beginsLikeLayer(head)) return { body: whole };
    const { layers, native } = parts;
    const staging = { layers, native, parent: Promise.resolve(undefined), signal, name };
    try {
      const { staged } = await feedStage(staging, async (write) => {
        for await (const chunk of whole) await write(chunk);
      });
      const unpacked = staged.then(
        (layer) => ({ layer: streamedLayer(layer, size, parts), digest: layer.digest }),
        wrongLayer,
      );
      return { unpacked };
    } catch (error) {
      return { unpacked: Promise.resolve(wrongLayer(error)) };
    }
  };
}

/** An archive may hold what is no layer of any image; a disk that is full is full for all of it. */
function wrongLayer(error: unknown): { readonly error: Error } {
  if (error instanceof TskerError && (error.code === 'corrupt' || error.code === 'unsupported')) return { error };
  throw error;
}

function beginsLikeLayer(head: Buffer): boolean {
  if (head.toString('latin1', MAGIC_OFFSET, MAGIC_OFFSET + MAGIC.length) === MAGIC) return true;
  return COMPRESSED.some((magic) => head.subarray(0, magic.length).equals(magic));
}
