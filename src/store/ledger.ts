// The ledger of host side effects: what tsker makes on the host is written here, with its inverse, before it is made.
// Undoing an owner's entries, newest first, is the only clean-up path, for a removal as for a recovery.
import type { Op } from '../native/ops.ts';
import { TskerError } from '../util/errors.ts';
import type { Db, Statement } from './database.ts';
import { parseOps, stringifyOps } from './ops-json.ts';

export interface LedgerEntry {
  readonly id: number;
  /** A container id, or `daemon` for what belongs to the engine itself. */
  readonly owner: string;
  /** `cgroup`, `mount`, `directory`, `bridge`, `rules`, ... */
  readonly kind: string;
  /** The path or name a person would look for on the host. */
  readonly subject: string;
  readonly undo: readonly Op[];
  readonly createdAt: number;
}

interface Row {
  id: number;
  owner: string;
  kind: string;
  subject: string;
  undo: string;
  created_at: number;
}

/** Executes host operations in order (Native.runPlan). */
export type RunPlan = (ops: readonly Op[]) => Promise<void>;

export class Ledger {
  readonly #runPlan: RunPlan;
  readonly #insert: Statement<[string, string, string, string, number]>;
  readonly #delete: Statement<[number]>;
  readonly #all: Statement<[], Row>;
  readonly #byOwner: Statement<[string], Row>;
  readonly #owners: Statement<[], { owner: string }>;

  constructor(db: Db, runPlan: RunPlan) {
    this.#runPlan = runPlan;
    this.#insert = db.prepare('INSERT INTO ledger (owner, kind, subject, undo, created_at) VALUES (?, ?, ?, ?, ?)');
    this.#delete = db.prepare('DELETE FROM ledger WHERE id = ?');
    this.#all = db.prepare('SELECT * FROM ledger ORDER BY id');
    this.#byOwner = db.prepare('SELECT * FROM ledger WHERE owner = ? ORDER BY id DESC');
    this.#owners = db.prepare('SELECT DISTINCT owner FROM ledger ORDER BY owner');
  }

  /** Writes an effect down; call it before making the effect. Its undo must tolerate that the effect was never made. */
  record(owner: string, kind: string, subject: string, undo: readonly Op[]): number {
    return Number(this.#insert.run(owner, kind, subject, stringifyOps(undo), Date.now()).lastInsertRowid);
  }

  /** Drops an entry whose effect has been taken back by other means. */
  forget(id: number): void {
    this.#delete.run(id);
  }

  list(): LedgerEntry[] {
    return this.#all.all().map(toEntry);
  }

  owners(): string[] {
    return this.#owners.all().map((row) => row.owner);
  }

  /**
   * Undoes everything of `owner`, newest first. An entry whose undo fails stays in the ledger, the others are still undone;
   * then throws one error that names what is left. Those that are spared stay as they are.
   */
  async undo(owner: string, isSpared: (entry: LedgerEntry) => boolean = () => false): Promise<void> {
    const entries = this.#byOwner
      .all(owner)
      .map(toEntry)
      .filter((entry) => !isSpared(entry));
    if (entries.length === 0) return;
    try {
      await this.#runPlan(entries.flatMap((entry) => entry.undo));
      for (const entry of entries) this.forget(entry.id);
    } catch {
      await this.#undoEach(entries);
    }
  }

  /** The slow path: one plan an entry, so that one that cannot be undone does not keep the others. */
  async #undoEach(entries: readonly LedgerEntry[]): Promise<void> {
    const failures: Error[] = [];
    for (const entry of entries) {
      try {
        await this.#runPlan(entry.undo);
        this.forget(entry.id);
      } catch (error) {
        failures.push(new Error(`${entry.kind} ${entry.subject}`, { cause: error }));
      }
    }
    if (failures.length === 0) return;
    const what = failures
      .map((failure) => `${failure.message}: ${String((failure.cause as Error).message)}`)
      .join('; ');
    throw new TskerError('internal', `could not undo on the host: ${what}`, { cause: new AggregateError(failures) });
  }
}

function toEntry(row: Row): LedgerEntry {
  return {
    id: row.id,
    owner: row.owner,
    kind: row.kind,
    subject: row.subject,
    undo: parseOps(row.undo),
    createdAt: row.created_at,
  };
}
