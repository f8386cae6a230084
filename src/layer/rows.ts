// The tables `layers` and `container_layers`: every statement of the layer store, prepared once. It decides nothing.
//
// The column `synced`: 1, the layer's files would survive a power cut; 0, the kernel may still hold them in memory; -1,
// they are gone or not to be trusted, and the row stays only for the images that name it, until it is fetched again.
import type { Db, Statement } from '../store/database.ts';
import type { Layer } from './store.types.ts';

interface LayerRow {
  readonly chain_id: string;
  readonly diff_id: string;
  readonly parent: string | null;
  readonly cache_id: string;
  readonly size: number;
}

export interface ContainerRow {
  readonly chain_id: string | null;
  readonly cache_id: string;
}

export class LayerRows {
  readonly #db: Db;
  readonly #driver: string;
  readonly #get: Statement<[string, string], LayerRow>;
  readonly #put: Statement<[string, string, string | null, string, string, number, number]>;
  readonly #delete: Statement<[string]>;
  readonly #isUsed: Statement<[string, string, string, string], { used: number }>;
  readonly #chainSize: Statement<[string], { size: number | null }>;
  readonly #pending: Statement<[string], LayerRow>;
  readonly #setLost: Statement<[string]>;
  readonly #setSynced: Statement<[string]>;
  readonly #find: Statement<[string], LayerRow>;
  readonly #caches: Statement<[string, string], { cache_id: string }>;
  readonly #present: Statement<[string], LayerRow>;
  readonly #getContainer: Statement<[string], ContainerRow>;
  readonly #putContainer: Statement<[string, string | null, string, string]>;
  readonly #deleteContainer: Statement<[string]>;
  readonly #containers: Statement<[string], { container_id: string; cache_id: string }>;

  constructor(db: Db, driver: string) {
    this.#db = db;
    this.#driver = driver;
    this.#get = db.prepare('SELECT * FROM layers WHERE chain_id = ? AND driver = ? AND synced >= 0');
    // A row whose files were lost takes the new ones; one that is complete stays as it is.
    this.#put = db.prepare(`
      INSERT INTO layers (chain_id, diff_id, parent, cache_id, driver, size, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (chain_id) DO UPDATE SET cache_id = excluded.cache_id, driver = excluded.driver,
        size = excluded.size, synced = 0, created_at = excluded.created_at
      WHERE synced < 0`);
    this.#delete = db.prepare('DELETE FROM layers WHERE chain_id = ?');
    this.#isUsed = db.prepare(`
      SELECT EXISTS (SELECT 1 FROM images WHERE chain_id = ?) OR EXISTS (SELECT 1 FROM layers WHERE parent = ?)
        OR EXISTS (SELECT 1 FROM container_layers WHERE chain_id = ?)
        OR EXISTS (SELECT 1 FROM build_steps WHERE chain_id = ?) AS used`);
    this.#chainSize = db.prepare(`
      WITH RECURSIVE chain (chain_id, parent, size) AS (
        SELECT chain_id, parent, size FROM layers WHERE chain_id = ?
        UNION ALL SELECT l.chain_id, l.parent, l.size FROM layers l JOIN chain c ON l.chain_id = c.parent)
      SELECT sum(size) AS size FROM chain`);
    this.#pending = db.prepare('SELECT * FROM layers WHERE driver = ? AND synced = 0');
    this.#setLost = db.prepare('UPDATE layers SET synced = -1 WHERE chain_id = ?');
    this.#setSynced = db.prepare('UPDATE layers SET synced = 1 WHERE cache_id = ? AND synced = 0');
    this.#find = db.prepare('SELECT * FROM layers WHERE chain_id = ?');
    this.#caches = db.prepare(`
      SELECT cache_id FROM layers WHERE driver = ? AND synced >= 0
      UNION ALL SELECT cache_id FROM container_layers WHERE driver = ?`);
    this.#present = db.prepare('SELECT * FROM layers WHERE driver = ? AND synced >= 0');
    this.#getContainer = db.prepare('SELECT chain_id, cache_id FROM container_layers WHERE container_id = ?');
    this.#putContainer = db.prepare(
      'INSERT INTO container_layers (container_id, chain_id, cache_id, driver) VALUES (?, ?, ?, ?)',
    );
    this.#deleteContainer = db.prepare('DELETE FROM container_layers WHERE container_id = ?');
    this.#containers = db.prepare('SELECT container_id, cache_id FROM container_layers WHERE driver = ?');
  }

  get(chainId: string): Layer | undefined {
    const row = this.#get.get(chainId, this.#driver);
    return row === undefined ? undefined : toLayer(row);
  }

  /** False when the chain id is there already, with its files. */
  put({ chainId, diffId, parent, cacheId, size }: Layer): boolean {
    const now = Date.now();
    return this.#put.run(chainId, diffId, parent ?? null, cacheId, this.#driver, size, now).changes > 0;
  }

  /** Deletes the row unless an image, a container, a layer or the build cache needs it; the layer that was deleted. */
  deleteIfUnused(chainId: string): Layer | undefined {
    return this.#db.transaction(() => {
      const row = this.#find.get(chainId);
      if (row === undefined || this.#isUsed.get(chainId, chainId, chainId, chainId)?.used !== 0) return undefined;
      this.#delete.run(chainId);
      return toLayer(row);
    })();
  }

  chainSize(chainId: string): number {
    return this.#chainSize.get(chainId)?.size ?? 0;
  }

  /** Layers whose files are there. */
  present(): Layer[] {
    return this.#present.all(this.#driver).map(toLayer);
  }

  pending(): Layer[] {
    return this.#pending.all(this.#driver).map(toLayer);
  }

  setLost(chainId: string): void {
    this.#setLost.run(chainId);
  }

  setSynced(layers: readonly Layer[]): void {
    this.#db.transaction(() => {
      for (const { cacheId } of layers) this.#setSynced.run(cacheId);
    })();
  }

  /** Every directory that a row names. */
  cacheIds(): Set<string> {
    return new Set(this.#caches.all(this.#driver, this.#driver).map((row) => row.cache_id));
  }

  container(containerId: string): ContainerRow | undefined {
    return this.#getContainer.get(containerId);
  }

  containers(): { containerId: string; cacheId: string }[] {
    const rows = this.#containers.all(this.#driver);
    return rows.map((row) => ({ containerId: row.container_id, cacheId: row.cache_id }));
  }

  putContainer(containerId: string, chainId: string | undefined, cacheId: string): void {
    this.#putContainer.run(containerId, chainId ?? null, cacheId, this.#driver);
  }

  deleteContainer(containerId: string): void {
    this.#deleteContainer.run(containerId);
  }
}

function toLayer(row: LayerRow): Layer {
  return {
    chainId: row.chain_id,
    diffId: row.diff_id,
    parent: row.parent ?? undefined,
    cacheId: row.cache_id,
    size: row.size,
  };
}
