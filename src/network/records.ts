// The networks in the store: each has an id that stays the same for as long as the root does, and the definition it was created with.
import { randomBytes } from 'node:crypto';
import type { Db, Statement } from '../store/database.ts';

/** One subnet of a network, as the user or the engine chose it. */
export interface PoolDefinition {
  /** `172.18.0.0/16`. */
  readonly subnet: string;
  readonly ipRange?: string;
  readonly gateway?: string;
  readonly auxAddresses?: Readonly<Record<string, string>>;
  /** By which the plugin knows it that hands out its addresses. */
  readonly poolId?: string;
}

/** What makes a network, besides its name and driver; complete. */
export interface NetworkDefinition {
  readonly scope: string;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly enableIPv4: boolean;
  readonly enableIPv6: boolean;
  readonly ipam: {
    readonly driver: string;
    readonly options: Readonly<Record<string, string>> | null;
    readonly config: readonly PoolDefinition[];
    /** The plugin wants to know for which MAC an address is. */
    readonly macFirst?: boolean;
  };
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** The subnets were asked for: addresses in them can be too. */
  readonly userSubnets: boolean;
}

export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** RFC 3339. */
  readonly created: string;
  readonly definition: NetworkDefinition;
}

/** Of networks without addresses, and of those stored before there were definitions. */
export const EMPTY_DEFINITION: NetworkDefinition = {
  ...{ scope: 'local', internal: false, attachable: false, enableIPv4: true, enableIPv6: false },
  ipam: { driver: 'default', options: null, config: [] },
  ...{ options: {}, labels: {}, userSubnets: false },
};

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
  readonly #delete: Statement<[string]>;
  readonly #byName: Statement<[string], Row>;
  readonly #all: Statement<[], Row>;

  constructor(db: Db) {
    this.#insert = db.prepare('INSERT INTO networks (id, name, driver, document, created_at) VALUES (?, ?, ?, ?, ?)');
    this.#update = db.prepare('UPDATE networks SET document = ? WHERE id = ?');
    this.#delete = db.prepare('DELETE FROM networks WHERE id = ?');
    this.#byName = db.prepare('SELECT * FROM networks WHERE name = ?');
    this.#all = db.prepare('SELECT * FROM networks ORDER BY name');
  }

  /** The network of that name, made when it is missing. */
  ensure(name: string, driver: string): NetworkRecord {
    const known = this.#byName.get(name);
    return known === undefined ? this.insert({ name, driver, definition: EMPTY_DEFINITION }) : toRecord(known);
  }

  insert({ name, driver, definition }: Pick<NetworkRecord, 'name' | 'driver' | 'definition'>): NetworkRecord {
    const id = randomBytes(32).toString('hex');
    const now = Date.now();
    this.#insert.run(id, name, driver, JSON.stringify(definition), now);
    return { id, name, driver, created: new Date(now).toISOString(), definition };
  }

  remember(record: NetworkRecord, definition: NetworkDefinition): NetworkRecord {
    this.#update.run(JSON.stringify(definition), record.id);
    return { ...record, definition };
  }

  delete(id: string): void {
    this.#delete.run(id);
  }

  list(): NetworkRecord[] {
    return this.#all.all().map(toRecord);
  }
}

function toRecord(row: Row): NetworkRecord {
  const { id, name, driver } = row;
  const document = JSON.parse(row.document) as Partial<NetworkDefinition> & { readonly address?: string };
  const { address, ...definition } = document;
  return {
    ...{ id, name, driver, created: new Date(row.created_at).toISOString() },
    definition: { ...EMPTY_DEFINITION, ...definition, ...(address === undefined ? {} : legacyPool(address)) },
  };
}

/** The first form of the default bridge's document held its address alone. */
function legacyPool(address: string): Pick<NetworkDefinition, 'ipam'> {
  const gateway = address.split('/')[0] ?? '';
  return { ipam: { ...EMPTY_DEFINITION.ipam, config: [{ subnet: address, gateway }] } };
}
