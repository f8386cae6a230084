// Which containers use an image, read from the containers table. It knows only the two columns it needs.
import type { Db, Statement } from '../store/database.ts';

export interface ContainerUse {
  readonly id: string;
  /** Has processes: running, paused or restarting. */
  readonly running: boolean;
}

const ACTIVE: ReadonlySet<string> = new Set(['running', 'paused', 'restarting']);

export class ContainerUses {
  readonly #byImage: Statement<[string], { id: string; state: string }>;

  constructor(db: Db) {
    this.#byImage = db.prepare('SELECT id, state FROM containers WHERE image_id = ? ORDER BY created_at');
  }

  of(imageId: string): ContainerUse[] {
    return this.#byImage.all(imageId).map(({ id, state }) => ({ id, running: ACTIVE.has(state) }));
  }
}
