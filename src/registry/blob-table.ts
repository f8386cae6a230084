// The blobs table: which blob of which repository unpacks to which layer. A push will mount by it; nothing here fetches.
import type { Db, Statement } from '../store/database.ts';
import type { BlobRecord } from './fetch-layers.ts';

export class BlobTable {
  readonly #insert: Statement<[string, string, string, number, string]>;
  readonly #forget: Statement<[]>;

  constructor(db: Db) {
    this.#insert = db.prepare(
      'INSERT OR REPLACE INTO blobs (digest, diff_id, repository, size, media_type) VALUES (?, ?, ?, ?, ?)',
    );
    this.#forget = db.prepare('DELETE FROM blobs WHERE diff_id NOT IN (SELECT diff_id FROM layers)');
  }

  record({ descriptor, diffId, repository }: BlobRecord): void {
    this.#insert.run(descriptor.digest, diffId, repository, descriptor.size, descriptor.mediaType);
  }

  /** What is known of layers that are gone. */
  forgetGone(): void {
    this.#forget.run();
  }
}
