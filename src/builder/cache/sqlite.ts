// The build cache in SQLite: steps by key, with what they were made from. The layers of its rows are kept as long as the
// rows are (layer/rows.ts asks); prune.ts says which rows go.
import type { Db, Statement } from '../../store/database.ts';
import type { CachedStep, CacheStore, StepInputs } from '../host.types.ts';

interface Row {
  key: string;
  history: string;
  diff_id: string | null;
  chain_id: string | null;
  used_at: number;
}

export interface CacheRow {
  readonly key: string;
  readonly chainId: string | undefined;
  /** Bytes of the layer. */
  readonly size: number;
  /** Its layer is also an image's, or another step's: it is not given back with this step. */
  readonly shared: boolean;
  /** As the history has it. */
  readonly createdBy: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly usedAt: number;
  readonly uses: number;
}

interface ListedRow {
  key: string;
  chain_id: string | null;
  history: string;
  size: number;
  shared: number;
  created_at: number;
  used_at: number;
  uses: number;
}

/** Inputs with more files are not kept: a reason is not worth megabytes a step. */
const MAX_FILES = 30_000;
/** Milliseconds. A build that takes all from the cache writes nothing to say so, when it was built just before. */
const USE_PRECISION = 60_000;
/** Earlier steps that are compared with. */
const COMPARED = 8;

export class SqliteBuildCache implements CacheStore {
  readonly #db: Db;
  readonly #get: Statement<[string], Row>;
  readonly #touch: Statement<[number, string]>;
  readonly #put: Statement<[string, string, string | null, string | null, string, string, number, number]>;
  readonly #like: Statement<[string, number], { inputs: string }>;
  readonly #list: Statement<[], ListedRow>;
  readonly #total: Statement<[], { size: number }>;
  readonly #delete: Statement<[string]>;

  constructor(db: Db) {
    this.#db = db;
    this.#get = db.prepare('SELECT key, history, diff_id, chain_id, used_at FROM build_steps WHERE key = ?');
    this.#touch = db.prepare('UPDATE build_steps SET used_at = ?, uses = uses + 1 WHERE key = ?');
    this.#put = db.prepare(`
      INSERT INTO build_steps (key, history, diff_id, chain_id, instruction, inputs, created_at, used_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET history = excluded.history, diff_id = excluded.diff_id, chain_id = excluded.chain_id,
        inputs = excluded.inputs, created_at = excluded.created_at, used_at = excluded.used_at`);
    this.#like = db.prepare('SELECT inputs FROM build_steps WHERE instruction = ? ORDER BY used_at DESC LIMIT ?');
    this.#list = db.prepare(`
      WITH RECURSIVE of_images (chain_id) AS (
        SELECT chain_id FROM images WHERE chain_id IS NOT NULL
        UNION SELECT l.parent FROM layers l JOIN of_images i ON l.chain_id = i.chain_id WHERE l.parent IS NOT NULL)
      SELECT s.key, s.chain_id, s.history, s.created_at, s.used_at, s.uses, coalesce(l.size, 0) AS size,
        s.chain_id IS NOT NULL AND (s.chain_id IN of_images OR EXISTS (
          SELECT 1 FROM build_steps o WHERE o.chain_id = s.chain_id AND o.rowid < s.rowid)) AS shared
      FROM build_steps s LEFT JOIN layers l ON l.chain_id = s.chain_id ORDER BY s.used_at`);
    this.#total = db.prepare(`
      SELECT coalesce(sum(size), 0) AS size FROM layers WHERE chain_id IN (SELECT chain_id FROM build_steps)`);
    this.#delete = db.prepare('DELETE FROM build_steps WHERE key = ?');
  }

  get(key: string): CachedStep | undefined {
    const row = this.#get.get(key);
    if (row === undefined) return undefined;
    if (Date.now() - row.used_at > USE_PRECISION) this.#touch.run(Date.now(), key);
    const { history, diff_id: diffId, chain_id: chainId } = row;
    const layer = diffId === null || chainId === null ? undefined : { diffId, chainId };
    return { history: JSON.parse(history) as CachedStep['history'], layer };
  }

  put(key: string, { history, layer }: CachedStep, inputs: StepInputs): void {
    const kept = Object.keys(inputs.files).length > MAX_FILES ? { ...inputs, files: {} } : inputs;
    const { diffId = null, chainId = null } = layer ?? {};
    const { instruction } = inputs;
    const now = Date.now();
    this.#put.run(key, JSON.stringify(history), diffId, chainId, instruction, JSON.stringify(kept), now, now);
  }

  like(instruction: string): readonly StepInputs[] {
    return this.#like.all(instruction, COMPARED).map(({ inputs }) => JSON.parse(inputs) as StepInputs);
  }

  /** What was used longest ago first. */
  list(): readonly CacheRow[] {
    return this.#list.all().map((row) => ({
      key: row.key,
      chainId: row.chain_id ?? undefined,
      size: row.size,
      shared: row.shared !== 0,
      createdBy: (JSON.parse(row.history) as CachedStep['history']).created_by ?? '',
      createdAt: row.created_at,
      usedAt: row.used_at,
      uses: row.uses,
    }));
  }

  /** Bytes of all its layers. */
  total(): number {
    return this.#total.get()?.size ?? 0;
  }

  delete(keys: readonly string[]): void {
    this.#db.transaction(() => {
      for (const key of keys) this.#delete.run(key);
    })();
  }
}
