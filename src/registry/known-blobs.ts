// What the blobs table knows of a layer: where a push may find a blob of it instead of sending one. blob-table.ts fills it.
import type { Db, Statement } from '../store/database.ts';

export interface KnownBlob {
  readonly digest: string;
  /** `docker.io/library/busybox`. */
  readonly repository: string;
  readonly mediaType: string;
}

export class KnownBlobs {
  readonly #ofLayer: Statement<[string], KnownBlob>;

  constructor(db: Db) {
    this.#ofLayer = db.prepare(
      'SELECT digest, repository, media_type AS mediaType FROM blobs WHERE diff_id = ? ORDER BY rowid DESC',
    );
  }

  /** Where blobs of the layer were seen, the last first. */
  ofLayer(diffId: string): KnownBlob[] {
    return this.#ofLayer.all(diffId);
  }
}
