// The blobs table: which blob of which repository unpacks to which layer. A push will mount by it; nothing here fetches.
import type { Db, Statement } from '../store/database.ts';
import type { BlobRecord } from './fetch-layers.ts';

export class BlobTable {
  readonly #insert: Statement<[string, string, string, number, string]>;

  constructor(db: Db) {
    this.#insert = db.prepare(
      'INSERT OR REPLACE INTO blobs (digest, diff_id, repository, size, media_type) VALUES (?, ?, ?, ?, ?)',
    );
  }

  record({ descriptor, diffId, repository }: BlobRecord): void {
    this.#insert.run(descriptor.digest, diffId, repository, descriptor.size, descriptor.mediaType);
  }
}
