// All containers: kept in memory, written to the database in one transaction before anyone is told, found by id, prefix or
// name. It decides nothing about them.
import type { Db, Statement } from '../../store/database.ts';
import { TskerError } from '../../util/errors.ts';
import { Container } from './container.ts';
import type { ContainerRecord, StateRecord } from './record.ts';
import { checkTransition } from './state.ts';

interface Row {
  document: string;
}

export class ContainerStore {
  readonly #byId = new Map<string, Container>();
  readonly #byName = new Map<string, Container>();
  /** Names of containers that are being made → their ids. */
  readonly #reserved = new Map<string, string>();
  readonly #insert: Statement<[string, string, string, string, string, number]>;
  readonly #update: Statement<[string, string, string, string]>;
  readonly #delete: Statement<[string]>;

  constructor(db: Db) {
    this.#insert = db.prepare(
      'INSERT INTO containers (id, name, image_id, state, document, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#update = db.prepare('UPDATE containers SET name = ?, state = ?, document = ? WHERE id = ?');
    this.#delete = db.prepare('DELETE FROM containers WHERE id = ?');
    const rows = db.prepare('SELECT document FROM containers ORDER BY created_at, id').all() as Row[];
    for (const row of rows) this.#remember(new Container(JSON.parse(row.document) as ContainerRecord));
  }

  /** Keeps a name for a container that is being made. Throws `conflict` when it is taken. Dispose of it in the end. */
  reserveName(name: string, id: string): Disposable {
    const holder = this.#byName.get(name)?.id ?? this.#reserved.get(name);
    if (holder !== undefined) {
      throw new TskerError(
        'conflict',
        `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    this.#reserved.set(name, id);
    return { [Symbol.dispose]: () => void this.#reserved.delete(name) };
  }

  insert(record: ContainerRecord): Container {
    const { id, name, imageId, state } = record;
    this.#insert.run(id, name, imageId, state.status, JSON.stringify(record), Date.parse(record.created));
    const container = new Container(record);
    this.#remember(container);
    return container;
  }

  /** Replaces the document. */
  update(container: Container, change: Partial<Omit<ContainerRecord, 'id' | 'name'>>): void {
    const record = { ...container.record, ...change };
    this.#update.run(record.name, record.state.status, JSON.stringify(record), record.id);
    container.record = record;
  }

  /** Throws `conflict` when the name is taken. */
  rename(container: Container, name: string): void {
    using _name = this.reserveName(name, container.id);
    const { name: oldName, state } = container.record;
    const record = { ...container.record, name };
    this.#update.run(name, state.status, JSON.stringify(record), record.id);
    container.record = record;
    this.#byName.delete(oldName);
    this.#byName.set(name, container);
  }

  /** Changes the state along the table of state.ts, and what belongs to it, in one transaction. */
  transition(
    container: Container,
    state: Partial<StateRecord> & Pick<StateRecord, 'status'>,
    change: Partial<Pick<ContainerRecord, 'endpoints' | 'ports' | 'restartCount' | 'manuallyStopped' | 'health'>> = {},
  ): void {
    checkTransition(container.id, container.record.state.status, state.status);
    this.update(container, { ...change, state: { ...container.record.state, ...state } });
  }

  delete(container: Container): void {
    this.#delete.run(container.id);
    this.#byId.delete(container.id);
    this.#byName.delete(container.record.name);
  }

  list(): Container[] {
    return [...this.#byId.values()];
  }

  get(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /** By full id, name (with or without slash), or unique prefix of an id, in this order as in Docker. */
  resolve(reference: string): Container {
    const name = reference.replace(/^\//, '');
    const exact = this.#byId.get(reference) ?? this.#byName.get(name);
    if (exact !== undefined) return exact;
    const matches = /^[0-9a-f]{1,64}$/.test(reference) ? this.#withPrefix(reference) : [];
    if (matches.length > 1) throw new TskerError('invalid', `multiple IDs found with provided prefix: ${reference}`);
    if (matches[0] === undefined) throw new TskerError('not_found', `No such container: ${reference}`);
    return matches[0];
  }

  hasName(name: string): boolean {
    return this.#byName.has(name) || this.#reserved.has(name);
  }

  #withPrefix(prefix: string): Container[] {
    return [...this.#byId.values()].filter(({ id }) => id.startsWith(prefix));
  }

  #remember(container: Container): void {
    this.#byId.set(container.id, container);
    this.#byName.set(container.record.name, container);
  }
}
