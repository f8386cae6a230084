// The image store over SQLite: configurations by id, and the names that point to them. It resolves names as Docker does,
// and decides nothing about what may be removed (remove.ts).

import { BlobTable } from '../registry/blob-table.ts';
import { digestOf } from '../registry/digest.ts';
import {
  familiarString,
  parseAnyReference,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../registry/reference.ts';
import { type Db, onDisk, type Statement } from '../store/database.ts';
import { TskerError } from '../util/errors.ts';
import { chainIds } from './chain.ts';
import { parseImageConfig } from './config.ts';
import type { LayerHolds } from './layer-holds.ts';
import type { Image, ImageStore } from './store.types.ts';

interface Row {
  id: string;
  config: Buffer;
  chain_id: string | null;
}

/** What the store knows of an image besides the contract's facts. */
export interface ImageRecord {
  readonly parent: string | undefined;
  /** Epoch milliseconds, 0 when it was never tagged. */
  readonly taggedAt: number;
}

export class SqliteImageStore implements ImageStore {
  readonly #db: Db;
  readonly #holds: LayerHolds;
  readonly #sql: Statements;
  readonly #blobs: BlobTable;

  /** `holds` releases the layers of removed images. */
  constructor(db: Db, holds: LayerHolds) {
    this.#db = db;
    this.#holds = holds;
    this.#sql = prepareStatements(db);
    this.#blobs = new BlobTable(db);
  }

  resolve(reference: string): Image {
    const parsed = parseAnyReference(reference);
    const image = 'id' in parsed ? this.get(parsed.id) : (this.#byName(parsed) ?? this.#byPrefix(reference));
    if (image !== undefined) return image;
    const shown = 'id' in parsed ? parsed.id : familiarString(withDefaultTag(parsed));
    throw new TskerError('not_found', `No such image: ${shown}`);
  }

  get(id: string): Image | undefined {
    const row = this.#sql.get.get(id);
    return row === undefined ? undefined : this.#toImage(row);
  }

  list(): Image[] {
    return this.#sql.list.all().map((row) => this.#toImage(row));
  }

  /** The configuration document as it came: the image's id is its digest. */
  configBytes(id: string): Buffer {
    const row = this.#sql.get.get(id);
    if (row === undefined) throw new TskerError('not_found', `No such image: ${id}`);
    return row.config;
  }

  /** The image's place among the others. */
  record(id: string): ImageRecord {
    const row = this.#sql.record.get(id);
    return { parent: row?.parent ?? undefined, taggedAt: row?.tagged_at ?? 0 };
  }

  /** Ids of the images built on this one. */
  children(id: string): string[] {
    return this.#sql.children.all(id).map((row) => row.id);
  }

  async put(config: Uint8Array, names: readonly string[], parent?: string): Promise<Image> {
    const bytes = Buffer.from(config);
    const document = parseImageConfig(bytes);
    const id = digestOf(bytes);
    const created = Date.parse(document.created ?? '') || 0;
    const chainId = chainIds(document.rootfs.diff_ids).at(-1) ?? null;
    this.#db.transaction(() => {
      this.#sql.insert.run(id, bytes, chainId, created);
      if (parent !== undefined && parent !== id) this.#sql.parent.run(parent, id);
      for (const name of names) this.#name(id, normalizedName(name));
    })();
    const image = this.#existing(id);
    await this.onDisk();
    return image;
  }

  async tag(id: string, name: string): Promise<void> {
    const normalized = normalizedName(name);
    this.#db.transaction(() => {
      this.#existing(id);
      this.#name(id, normalized);
    })();
    await this.onDisk();
  }

  untag(name: string): void {
    const normalized = normalizedName(name);
    const removed = this.#sql.untag.run(normalized).changes;
    if (removed === 0) throw new TskerError('not_found', `No such image: ${familiarString(parseReference(name))}`);
  }

  async remove(id: string): Promise<void> {
    const { chainId } = this.#existing(id);
    this.#sql.remove.run(id);
    // First: after a power cut there must be no image without its layers.
    await this.onDisk();
    if (chainId !== undefined) await this.#holds.release(chainId);
    this.#blobs.forgetGone();
  }

  /** Resolves when a power cut takes nothing back of what was changed. */
  onDisk(): Promise<void> {
    return onDisk(this.#db);
  }

  #name(id: string, name: string): void {
    this.#sql.name.run(name, id);
    this.#sql.tagged.run(Date.now(), id);
  }

  #byName(reference: Reference): Image | undefined {
    const row = this.#sql.byName.get(normalize(reference));
    return row === undefined ? undefined : this.#toImage(row);
  }

  /** Docker takes any prefix of an id, with or without `sha256:`. */
  #byPrefix(reference: string): Image | undefined {
    const hex = reference.replace(/^sha256:/, '');
    if (!/^[0-9a-f]{1,64}$/.test(hex)) return undefined;
    const [row, second] = this.#sql.byPrefix.all(`sha256:${hex}`, `sha256:${hex}g`);
    if (second !== undefined) throw new TskerError('invalid', `Multiple IDs found with provided prefix: ${reference}`);
    return row === undefined ? undefined : this.#toImage(row);
  }

  #existing(id: string): Image {
    const image = this.get(id);
    if (image === undefined) throw new TskerError('not_found', `No such image: ${id}`);
    return image;
  }

  #toImage(row: Row): Image {
    const names = this.#sql.names.all(row.id).map(({ name }) => parseReference(name));
    const shown = (wanted: (reference: Reference) => boolean): string[] => names.filter(wanted).map(familiarString);
    return {
      id: row.id,
      config: parseImageConfig(row.config),
      chainId: row.chain_id ?? undefined,
      repoTags: shown(({ digest }) => digest === undefined),
      repoDigests: shown(({ digest }) => digest !== undefined),
    };
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Db) {
  const sql = <P extends unknown[], R = unknown>(text: string): Statement<P, R> => db.prepare<P, R>(text);
  return {
    get: sql<[string], Row>('SELECT id, config, chain_id FROM images WHERE id = ?'),
    list: sql<[], Row>('SELECT id, config, chain_id FROM images ORDER BY created_at DESC, id'),
    record: sql<[string], { parent: string | null; tagged_at: number }>(
      'SELECT parent, tagged_at FROM images WHERE id = ?',
    ),
    children: sql<[string], { id: string }>('SELECT id FROM images WHERE parent = ?'),
    byName: sql<[string], Row>(
      'SELECT id, config, chain_id FROM images WHERE id = (SELECT image_id FROM image_names WHERE name = ?)',
    ),
    byPrefix: sql<[string, string], Row>('SELECT id, config, chain_id FROM images WHERE id >= ? AND id < ? LIMIT 2'),
    names: sql<[string], { name: string }>('SELECT name FROM image_names WHERE image_id = ? ORDER BY name'),
    insert: sql<[string, Buffer, string | null, number]>(
      'INSERT INTO images (id, config, chain_id, created_at, tagged_at) VALUES (?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING',
    ),
    parent: sql<[string, string]>('UPDATE images SET parent = ? WHERE id = ?'),
    name: sql<[string, string]>(
      'INSERT INTO image_names (name, image_id) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id',
    ),
    tagged: sql<[number, string]>('UPDATE images SET tagged_at = ? WHERE id = ?'),
    untag: sql<[string]>('DELETE FROM image_names WHERE name = ?'),
    remove: sql<[string]>('DELETE FROM images WHERE id = ?'),
  };
}

/** Names are stored in one form: with the default tag, and by the digest alone when there is one. */
function normalizedName(name: string): string {
  return normalize(parseReference(name));
}

function normalize(reference: Reference): string {
  const { tag, digest } = withDefaultTag(reference);
  return repositoryName(reference) + (digest === undefined ? `:${tag}` : `@${digest}`);
}
