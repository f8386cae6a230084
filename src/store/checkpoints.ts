// Moves what was committed from the write-ahead log into the database. SQLite's own checkpoint syncs both files where it is
// called, and the event loop would stand still for the disk. Here the loop only copies pages; for the disk a thread waits.
//
// It may be taken apart like that as long as the log is not begun anew before the database has all of it on the disk: a
// second connection reads what was committed when it began, and as long as it does SQLite leaves the log alone.
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { messageOf } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import { type Db, type OpenOptions, openReader, type Statement, withoutSync } from './database.ts';

/** Pages in the log: less is not worth the sync with which SQLite itself begins the log anew. */
const ENOUGH = 1000;
/** Pages in the log with which SQLite does it at once, on the event loop: when so much comes in that no round finds an end. */
export const MOST_LOG_PAGES = 2000;
/** Milliseconds between two looks at the log. */
const INTERVAL = 100;
/** More than that, and it waits for the next look: what is committed during a round is left to the one after it. */
const ROUNDS = 5;
/** Milliseconds after a failure, such as a full disk: SQLite tries for itself when the log has grown. */
const PAUSE = 60_000;

const sync = promisify(fdatasync);

interface LogState {
  readonly log: number;
  readonly checkpointed: number;
}

/** Kept until the database is closed: the first descriptor of it that is closed takes SQLite's locks along. */
interface Files {
  readonly database: number;
  readonly log: number;
}

export interface CheckpointOptions extends OpenOptions {
  readonly log?: Logger;
}

export class Checkpoints {
  readonly #db: Db;
  readonly #path: string;
  readonly #logger: Logger | undefined;
  readonly #reader: Db;
  readonly #state: Statement<[], LogState>;
  readonly #timer: NodeJS.Timeout;
  #files: Files | undefined;
  /** The round that is under way, and whether pages were copied in it that are not on the disk yet. */
  #round: { unsynced: boolean } | undefined;
  #running: Promise<void> | undefined;
  #notBefore = 0;

  /** `path` is the file of `db`, which is this one's to close. */
  constructor(db: Db, path: string, { log, ...options }: CheckpointOptions = {}) {
    this.#db = db;
    this.#path = path;
    this.#logger = log;
    this.#reader = openReader(path, options);
    this.#state = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    db.pragma(`wal_autocheckpoint = ${MOST_LOG_PAGES}`);
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
  }

  /** Ends the round that is under way, at once: what SQLite moves next is not kept from the database by it. */
  settle(): void {
    if (this.#round?.unsynced === true) fdatasyncSync(this.#open().database);
    this.#endRound();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.settle();
    await this.#running;
    this.#reader.close();
    this.#db.close();
    if (this.#files !== undefined) for (const file of Object.values(this.#files)) closeSync(file);
  }

  #look(): void {
    if (this.#running !== undefined || Date.now() < this.#notBefore || this.#readState().log < ENOUGH) return;
    this.#running = this.#run()
      .catch((error: unknown) => {
        this.#notBefore = Date.now() + PAUSE;
        this.#logger?.warn('cannot move the log into the database', { error: messageOf(error) });
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #run(): Promise<void> {
    for (let rounds = 0; rounds < ROUNDS; rounds += 1) {
      const { log, checkpointed } = this.#readState();
      if (log === checkpointed || !(await this.#runRound())) return;
    }
  }

  /** False when it was ended by someone else. */
  async #runRound(): Promise<boolean> {
    const files = this.#open();
    const round = { unsynced: false };
    this.#beginRound(round);
    try {
      await sync(files.log);
      if (this.#round !== round) return false;
      round.unsynced = true;
      withoutSync(this.#db, () => this.#db.pragma('wal_checkpoint(PASSIVE)'));
      await sync(files.database);
      return this.#round === round;
    } finally {
      if (this.#round === round) this.#endRound();
    }
  }

  /** From here on SQLite keeps the log, and copies nothing that was committed later: that is not on the disk yet. */
  #beginRound(round: { unsynced: boolean }): void {
    this.#reader.exec('BEGIN');
    this.#reader.pragma('schema_version');
    this.#round = round;
  }

  #endRound(): void {
    if (this.#round !== undefined) this.#reader.exec('COMMIT');
    this.#round = undefined;
  }

  #readState(): LogState {
    return this.#state.get() ?? { log: 0, checkpointed: 0 };
  }

  #open(): Files {
    this.#files ??= { database: openSync(this.#path, 'r+'), log: openSync(`${this.#path}-wal`, 'r+') };
    return this.#files;
  }
}
