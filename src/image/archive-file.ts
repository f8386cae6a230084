// An archive of images that lies in a file: only headers and small files are read of it before its layers, those that are missing here
// are unpacked out of it several at once, and nothing is spooled. A compressed one has to come as a stream.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { MAX_MANIFEST } from '../registry/manifest.ts';
import { YoungGarbage } from '../util/young-garbage.ts';
import type { ArchiveLayer, ArchiveLayerParts } from './archive-layer.ts';
import type { ByteSource } from './byte-reader.ts';
import { isCompressed, LONGEST_MAGIC } from './decompress.ts';
import { ArchiveNames, corrupt, digestInName, type ImageArchive, verifyNamed } from './image-archive.ts';
import { stageStream } from './stage-stream.ts';
import { readTar } from './tar-reader.ts';

/** Bytes read at once of layers, and of what lies between them. */
const PIECE = 256 * 1024;
const WINDOW = 64 * 1024;

/** A part of the file. */
interface Part {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

export class ArchiveFile implements ImageArchive {
  readonly #file: FileHandle;
  readonly #parts: ArchiveLayerParts;
  readonly #names = new ArchiveNames<Part>();
  /** Of all layers together: three that count for themselves would reach what V8 marks the whole heap for. */
  readonly #garbage = new YoungGarbage();

  private constructor(file: FileHandle, parts: ArchiveLayerParts) {
    this.#file = file;
    this.#parts = parts;
  }

  /** Finds the files of the archive; undefined when it is compressed. The file stays the caller's, and open. */
  static async read(file: FileHandle, { layers, native }: ArchiveLayerParts): Promise<ArchiveFile | undefined> {
    if (isCompressed(await bytesAt(file, { offset: 0, size: LONGEST_MAGIC }))) return undefined;
    const archive = new ArchiveFile(file, { layers, native });
    const end = (await file.stat()).size;
    for await (const entry of readTar(windows(file))) {
      archive.#names.count();
      const { name, type, offset, size } = entry;
      if (offset + size > end) throw corrupt('unexpected EOF');
      if (type === 'file') archive.#names.set(name, { name, offset, size });
      else archive.#names.link(entry);
    }
    return archive;
  }

  async remove(): Promise<void> {}

  has(name: string): boolean {
    return this.#names.find(name) !== undefined;
  }

  layer(name: string): ArchiveLayer {
    const part = this.#names.existing(name);
    return {
      size: part.size,
      diffId: undefined,
      stage: async ({ parent, signal }) => {
        const staging = { ...this.#parts, parent, signal, name: part.name };
        const staged = await stageStream(staging, async (write) => {
          for await (const piece of piecesOf(this.#file, part)) {
            this.#garbage.passed(piece.length);
            await write(piece);
          }
        });
        try {
          verifyNamed(part.name, staged.digest);
          return staged;
        } catch (error) {
          await staged.discard();
          throw error;
        }
      },
      settled: () => undefined,
      discard: async () => undefined,
    };
  }

  async diffId(name: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of piecesOf(this.#file, this.#names.existing(name))) {
      this.#garbage.passed(piece.length);
      hash.update(piece);
    }
    return `sha256:${hash.digest('hex')}`;
  }

  async bytes(name: string): Promise<Buffer> {
    const part = this.#names.existing(name);
    if (part.size > MAX_MANIFEST) throw corrupt(`${JSON.stringify(name)} is too large`);
    const bytes = await bytesAt(this.#file, part);
    const [algorithm = 'sha256'] = digestInName(part.name)?.split(':') ?? [];
    verifyNamed(part.name, `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
    return bytes;
  }
}

/** All bytes of a file, from its beginning. */
export async function* fileBytes(file: FileHandle): AsyncGenerator<Uint8Array> {
  yield* piecesOf(file, { offset: 0, size: (await file.stat()).size });
}

async function* piecesOf(file: FileHandle, { offset, size }: Omit<Part, 'name'>): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < size; ) {
    const piece = await bytesAt(file, { offset: offset + done, size: Math.min(PIECE, size - done) });
    if (piece.length === 0) throw corrupt('unexpected EOF');
    done += piece.length;
    yield piece;
  }
}

/** What there is of them. */
async function bytesAt(file: FileHandle, { offset, size }: Omit<Part, 'name'>): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(size), 0, size, offset);
  return buffer.subarray(0, bytesRead);
}

/** The file from its beginning, a window at a time. */
function windows(file: FileHandle): ByteSource {
  let at = 0;
  return {
    skip: (count) => {
      at += count;
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const window = await bytesAt(file, { offset: at, size: WINDOW });
        if (window.length === 0) return;
        at += window.length;
        yield window;
      }
    },
  };
}
