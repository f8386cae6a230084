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
  /** Epoch milliseconds. */
  readonly usedAt: number;
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
  readonly #put: Statement<[string, string, string | null, string | null, string, string, number]>;
  readonly #like: Statement<[string, number], { inputs: string }>;
  readonly #list: Statement<[], { key: string; chain_id: string | null; size: number; used_at: number }>;
  readonly #delete: Statement<[string]>;

  constructor(db: Db) {
    this.#db = db;
    this.#get = db.prepare('SELECT key, history, diff_id, chain_id, used_at FROM build_steps WHERE key = ?');
    this.#touch = db.prepare('UPDATE build_steps SET used_at = ? WHERE key = ?');
    this.#put = db.prepare(`
      INSERT INTO build_steps (key, history, diff_id, chain_id, instruction, inputs, used_at) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET history = excluded.history, diff_id = excluded.diff_id, chain_id = excluded.chain_id,
        inputs = excluded.inputs, used_at = excluded.used_at`);
    this.#like = db.prepare('SELECT inputs FROM build_steps WHERE instruction = ? ORDER BY used_at DESC LIMIT ?');
    this.#list = db.prepare(`
      SELECT s.key, s.chain_id, s.used_at, coalesce(l.size, 0) AS size
      FROM build_steps s LEFT JOIN layers l ON l.chain_id = s.chain_id ORDER BY s.used_at`);
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
    this.#put.run(key, JSON.stringify(history), diffId, chainId, instruction, JSON.stringify(kept), Date.now());
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
      usedAt: row.used_at,
    }));
  }

  delete(keys: readonly string[]): void {
    this.#db.transaction(() => {
      for (const key of keys) this.#delete.run(key);
    })();
  }
}
