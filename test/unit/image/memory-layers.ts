// A layer store that unpacks nothing: it hashes what comes, and keeps rows only. For tests of what stands above layers,
// and for failures that a real one cannot be made to have.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Layer, LayerStore, StagedLayer, StageRequest } from '../../../src/layer/store.types.ts';
import type { Db } from '../../../src/store/database.ts';
import { TskerError } from '../../../src/util/errors.ts';

export class MemoryLayers implements LayerStore {
  readonly driverName = 'memory';
  readonly independentLayers = true;
  readonly #db: Db;
  readonly #layers = new Map<string, Layer>();
  /** Diff ids that were staged, in order, repetitions included. */
  readonly stagedDiffs: string[] = [];
  /** Staged and neither committed nor discarded. */
  open = 0;
  /** Makes a stage fail after so many bytes. */
  failAfter: { bytes: number; error: Error } | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  get(chainId: string): Layer | undefined {
    return this.#layers.get(chainId);
  }

  all(): Layer[] {
    return [...this.#layers.values()];
  }

  async stage({ fd, signal }: StageRequest): Promise<StagedLayer> {
    const bytes = await this.#read(fd, signal);
    const tar = unpack(bytes);
    const diffId = digest(tar);
    this.stagedDiffs.push(diffId);
    this.open += 1;
    let open = true;
    const close = (): void => {
      if (open) this.open -= 1;
      open = false;
    };
    return {
      diffId,
      digest: digest(bytes),
      bytesIn: bytes.length,
      size: tar.length,
      commit: async (parent) => {
        close();
        return this.#commit({ diffId, parent, size: tar.length });
      },
      discard: async () => close(),
    };
  }

  /** A layer of which only the name counts. */
  async add(word: string, parent: string | undefined): Promise<Layer> {
    return this.#commit({ diffId: digest(Buffer.from(word)), parent, size: word.length });
  }

  async #read(fd: number, signal: AbortSignal | undefined): Promise<Buffer> {
    const stream = fstatSync(fd).isFIFO() ? new Socket({ fd, writable: false }) : createReadStream('', { fd });
    const stop = (): void => void stream.destroy(new TskerError('cancelled', 'stage cancelled'));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (this.failAfter !== undefined && size >= this.failAfter.bytes) throw this.failAfter.error;
    }
    return Buffer.concat(chunks);
  }

  #commit({ diffId, parent, size }: { diffId: string; parent: string | undefined; size: number }): Layer {
    const chainId = parent === undefined ? diffId : digest(Buffer.from(`${parent} ${diffId}`));
    const known = this.#layers.get(chainId);
    if (known !== undefined) return known;
    const layer = { chainId, diffId, parent, cacheId: randomBytes(16).toString('hex'), size };
    this.#db
      .prepare(
        'INSERT INTO layers (chain_id, diff_id, parent, cache_id, driver, size, created_at) VALUES (?,?,?,?,?,?,?)',
      )
      .run(chainId, diffId, parent ?? null, layer.cacheId, this.driverName, size, Date.now());
    this.#layers.set(chainId, layer);
    return layer;
  }

  chainSize(chainId: string): number {
    const layer = this.#layers.get(chainId);
    if (layer === undefined) throw new TskerError('not_found', `no layer ${chainId}`);
    return layer.size + (layer.parent === undefined ? 0 : this.chainSize(layer.parent));
  }

  metadata(chainId: string): Record<string, string> {
    return { UpperDir: `/memory/${this.#layers.get(chainId)?.cacheId}` };
  }

  async release(chainId: string): Promise<void> {
    for (let id: string | undefined = chainId; id !== undefined; ) {
      const layer = this.#layers.get(id);
      const used =
        this.#db.prepare('SELECT 1 FROM images WHERE chain_id = ?').get(id) ??
        this.#db.prepare('SELECT 1 FROM layers WHERE parent = ?').get(id);
      if (layer === undefined || used !== undefined) return;
      this.#db.prepare('DELETE FROM layers WHERE chain_id = ?').run(id);
      this.#layers.delete(id);
      id = layer.parent;
    }
  }

  writeTar(): never {
    throw new Error('no tars here');
  }

  stageContainer(): never {
    throw new Error('no containers here');
  }

  adoptContainer(): never {
    throw new Error('no containers here');
  }

  mountLayer(): never {
    throw new Error('no mounts here');
  }

  tarSize(): never {
    throw new Error('no tars here');
  }

  createContainerLayer(): never {
    throw new Error('no containers here');
  }

  containerLayer(): never {
    throw new Error('no containers here');
  }

  removeContainerLayer(): never {
    throw new Error('no containers here');
  }

  containerChanges(): never {
    throw new Error('no containers here');
  }

  containerSize(): never {
    throw new Error('no containers here');
  }

  mountContainer(): never {
    throw new Error('no containers here');
  }

  holdContainer(): never {
    throw new Error('no containers here');
  }

  async status(): Promise<[string, string][]> {
    return [];
  }

  async recover(): Promise<void> {}
}

function unpack(bytes: Buffer): Buffer {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  return bytes[0] === 0x28 && bytes[1] === 0xb5 ? zstdDecompressSync(bytes) : bytes;
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
