// The volumes as rows: written, and on the disk, before their directories are made and until these are gone, so that a
// death at any moment leaves either a volume or a row that says what is to be finished.
import { type Db, onDisk, type Statement } from '../store/database.ts';
import type { VolumeRecord } from './volume.ts';

/** `making` and `removing`: what a recovery takes away, unless a container has it by now. */
export type VolumeState = 'making' | 'ready' | 'removing';

interface Row {
  name: string;
  state: VolumeState;
  document: string;
}

export class VolumeRows {
  readonly #db: Db;
  readonly #insert: Statement<[string, string, VolumeState, string]>;
  readonly #setState: Statement<[VolumeState, string]>;
  readonly #delete: Statement<[string]>;
  readonly #get: Statement<[string], Row>;
  readonly #all: Statement<[], Row>;

  constructor(db: Db) {
    this.#db = db;
    this.#insert = db.prepare('INSERT INTO volumes (name, driver, state, document) VALUES (?, ?, ?, ?)');
    this.#setState = db.prepare('UPDATE volumes SET state = ? WHERE name = ?');
    this.#delete = db.prepare('DELETE FROM volumes WHERE name = ?');
    this.#get = db.prepare("SELECT * FROM volumes WHERE name = ? AND state <> 'removing'");
    this.#all = db.prepare('SELECT * FROM volumes ORDER BY name');
  }

  get(name: string): VolumeRecord | undefined {
    const row = this.#get.get(name);
    return row === undefined ? undefined : toRecord(row);
  }

  list(): VolumeRecord[] {
    return this.#all
      .all()
      .filter(({ state }) => state !== 'removing')
      .map(toRecord);
  }

  unfinished(): (VolumeRecord & { readonly state: VolumeState })[] {
    return this.#all
      .all()
      .filter(({ state }) => state !== 'ready')
      .map((row) => ({ ...toRecord(row), state: row.state }));
  }

  insert(record: VolumeRecord, state: VolumeState): void {
    this.#insert.run(record.name, record.driver, state, JSON.stringify(record));
  }

  setState(name: string, state: VolumeState): void {
    this.#setState.run(state, name);
  }

  delete(name: string): void {
    this.#delete.run(name);
  }

  /** Resolves when a power cut takes nothing back of what was changed. */
  onDisk(): Promise<void> {
    return onDisk(this.#db);
  }
}

function toRecord({ document }: Row): VolumeRecord {
  return JSON.parse(document) as VolumeRecord;
}
