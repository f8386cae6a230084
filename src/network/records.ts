// The networks in the store: each has an id that stays the same for as long as the root does.
import { randomBytes } from 'node:crypto';
import type { Db, Statement } from '../store/database.ts';

export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** What the driver wants to know again after a restart. */
  readonly document: Readonly<Record<string, unknown>>;
  /** RFC 3339. */
  readonly created: string;
}

interface Row {
  id: string;
  name: string;
  driver: string;
  document: string;
  created_at: number;
}

export class NetworkRecords {
  readonly #insert: Statement<[string, string, string, string, number]>;
  readonly #update: Statement<[string, string]>;
  readonly #byName: Statement<[string], Row>;
  readonly #all: Statement<[], Row>;

  constructor(db: Db) {
    this.#insert = db.prepare('INSERT INTO networks (id, name, driver, document, created_at) VALUES (?, ?, ?, ?, ?)');
    this.#update = db.prepare('UPDATE networks SET document = ? WHERE id = ?');
    this.#byName = db.prepare('SELECT * FROM networks WHERE name = ?');
    this.#all = db.prepare('SELECT * FROM networks ORDER BY name');
  }

  /** The network of that name, made when it is missing. */
  ensure(name: string, driver: string): NetworkRecord {
    const known = this.#byName.get(name);
    if (known !== undefined) return toRecord(known);
    const row = { id: randomBytes(32).toString('hex'), name, driver, document: '{}', created_at: Date.now() };
    this.#insert.run(row.id, row.name, row.driver, row.document, row.created_at);
    return toRecord(row);
  }

  remember(id: string, document: Readonly<Record<string, unknown>>): void {
    this.#update.run(JSON.stringify(document), id);
  }

  list(): NetworkRecord[] {
    return this.#all.all().map(toRecord);
  }
}

function toRecord(row: Row): NetworkRecord {
  return {
    id: row.id,
    name: row.name,
    driver: row.driver,
    document: JSON.parse(row.document) as Record<string, unknown>,
    created: new Date(row.created_at).toISOString(),
  };
}
