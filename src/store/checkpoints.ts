// Moves what was committed from the write-ahead log into the database. SQLite's own checkpoint syncs both files where it is
// called, and the event loop would stand still for the disk. Here the loop only copies pages; for the disk a thread waits.
//
// It may be taken apart like that as long as the log is not begun anew before the database has all of it on the disk: a
// second connection reads what was committed when it began, and as long as it does SQLite leaves the log alone. That it has all
// is noted (moved.ts), and then the log is begun anew without a sync.
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { messageOf, TskerError } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import { type Db, type OpenOptions, openReader, type Statement, withoutSync } from './database.ts';
import { readLogId } from './log-frames.ts';
import { type Moved, MovedNote } from './moved.ts';

/** Pages in the log: less is not worth the syncs. */
const ENOUGH = 200;
/** Pages in the log with which it is moved at once, on the event loop: when so much comes in that no round finds an end. */
const MOST = 2000;
/** Milliseconds between two looks at the log. */
const INTERVAL = 100;
/** More than that, and it waits for the next look: what is committed during a round is left to the one after it. */
const ROUNDS = 10;
/** Milliseconds after a failure, such as a full disk: SQLite tries for itself when the log has grown. */
const PAUSE = 60_000;

const sync = promisify(fdatasync);

interface LogState {
  readonly log: number;
  readonly checkpointed: number;
}

export interface CheckpointOptions extends OpenOptions {
  readonly log?: Logger;
}

export class Checkpoints {
  readonly #db: Db;
  readonly #logger: Logger | undefined;
  readonly #reader: Db;
  readonly #state: Statement<[], LogState>;
  /** Kept until the database is closed: the first descriptor of it that is closed takes SQLite's locks along. */
  readonly #file: number;
  /** Another one, for who syncs while a thread does: a failure is told to each of them once. */
  readonly #fileAtOnce: number;
  readonly #logFile: number;
  /** Undefined: the log is begun anew by SQLite, which syncs. */
  readonly #note: MovedNote | undefined;
  /** It was begun anew, and nothing of it is on the disk yet. */
  #isBegunUnsynced = false;
  readonly #timer: NodeJS.Timeout;
  /** The round that is under way, and whether pages were copied in it that are not on the disk yet. */
  #round: { unsynced: boolean } | undefined;
  #running: Promise<void> | undefined;
  #isBroken = false;
  #notBefore = 0;

  /** `path` is the file of `db`, which is this one's to close. */
  constructor(db: Db, path: string, { log, ...options }: CheckpointOptions = {}) {
    this.#db = db;
    this.#logger = log;
    this.#file = openSync(path, 'r+');
    this.#fileAtOnce = openSync(path, 'r+');
    // What a daemon copied that was killed then, when someone else has kept SQLite's notes on it.
    fdatasyncSync(this.#file);
    this.#reader = openReader(path, options);
    this.#reader.pragma('schema_version'); // opens all of its files
    this.#logFile = openSync(`${path}-wal`, 'r+');
    this.#note = MovedNote.open(path);
    this.#state = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    db.pragma(`wal_autocheckpoint = ${MOST}`);
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
  }

  /** Ends the round that is under way, at once: what SQLite moves next is not kept from the database by it. */
  settle(): void {
    if (this.#isBroken) throw brokenError();
    try {
      if (this.#round?.unsynced === true) fdatasyncSync(this.#fileAtOnce);
    } catch (error) {
      throw this.#break(error);
    }
    this.#endRound();
  }

  /** Resolves when all that has been committed before is in the database, and on the disk. */
  async move(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (this.#isBroken) throw brokenError();
    await this.#track(this.#run(1));
  }

  /** Of one that is broken the log stays, for the next daemon: nothing is closed. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (!this.#isBroken) this.settle();
    await this.#running;
    if (this.#isBroken) return;
    this.#reader.close();
    this.#db.close();
    this.#note?.close();
    for (const file of [this.#file, this.#fileAtOnce, this.#logFile]) closeSync(file);
  }

  #look(): void {
    if (this.#isBroken) return;
    if (this.#running === undefined) this.#start();
    else if (this.#readState().log >= MOST) this.#moveAtOnce();
  }

  #start(): void {
    if (performance.now() < this.#notBefore || this.#readState().log < ENOUGH) return;
    void this.#track(this.#run());
  }

  /** Another begins when this one has ended. The failure of one that nobody waits for is in the daemon's log. */
  #track(run: Promise<void>): Promise<void> {
    this.#running = run
      .catch((error: unknown) => {
        this.#notBefore = performance.now() + PAUSE;
        this.#logger?.warn('cannot move the log into the database', { error: messageOf(error) });
      })
      .finally(() => {
        this.#running = undefined;
      });
    return run;
  }

  /** The disk is so slow that the log would outgrow its place. */
  #moveAtOnce(): void {
    try {
      this.settle();
      this.#db.pragma('wal_checkpoint(PASSIVE)');
    } catch (error) {
      this.#logger?.warn('cannot move the log into the database at once', { error: messageOf(error) });
    }
  }

  async #run(most = ROUNDS): Promise<void> {
    for (let rounds = 0; rounds < most; rounds += 1) {
      const { log, checkpointed } = this.#readState();
      if (log === checkpointed) return;
      const moved = await this.#runRound();
      if (moved === undefined || this.#beginAnew(moved)) return;
    }
  }

  /** Undefined when it was ended by someone else. */
  async #runRound(): Promise<Moved | undefined> {
    const round = { unsynced: false };
    const isOver = (): boolean => this.#round !== round || this.#isBroken;
    try {
      this.#beginRound(round);
      await this.#syncLog();
      if (isOver()) return undefined;
      withoutSync(this.#db, () => this.#db.pragma('wal_checkpoint(PASSIVE)'));
      round.unsynced = true;
      await sync(this.#file).catch((error: unknown) => {
        throw this.#break(error);
      });
      if (isOver()) return undefined;
      round.unsynced = false;
      const moved = { log: this.#logId(), frames: this.#readState().checkpointed };
      await this.#note?.write(moved);
      return isOver() ? undefined : moved;
    } finally {
      if (!isOver()) this.#endRound();
    }
  }

  /** Where the log begins must be on the disk before the database is written to. Other failures are SQLite's to find out. */
  async #syncLog(): Promise<void> {
    try {
      await sync(this.#logFile);
      this.#isBegunUnsynced = false;
    } catch (error) {
      throw this.#isBegunUnsynced ? this.#break(error) : error;
    }
  }

  /**
   * When all of the log is moved and noted, so that it can be begun without a sync: by what changes nothing. False when something has
   * been committed meanwhile.
   */
  #beginAnew(moved: Moved): boolean {
    const { log, checkpointed } = this.#readState();
    if (log !== moved.frames || checkpointed !== moved.frames || !this.#logId().equals(moved.log)) return false;
    if (this.#note === undefined) return true;
    const version = this.#db.pragma('user_version', { simple: true });
    this.#isBegunUnsynced = true;
    withoutSync(this.#db, () => this.#db.pragma(`user_version = ${version}`));
    return true;
  }

  #logId(): Buffer {
    const id = readLogId(this.#logFile);
    if (id === undefined) throw new TskerError('internal', "the database's log is none");
    return id;
  }

  /** From here on SQLite keeps the log, and copies nothing that was committed later: that is not on the disk yet. */
  #beginRound(round: { unsynced: boolean }): void {
    this.#round = round;
    this.#reader.exec('BEGIN');
    this.#reader.pragma('schema_version');
  }

  #endRound(): void {
    if (this.#reader.inTransaction) this.#reader.exec('COMMIT');
    this.#round = undefined;
  }

  /**
   * What was copied is not on the disk, and asking again would not tell: the kernel takes it for written. The log has it all, and
   * so it must stay: its round never ends.
   */
  #break(cause: unknown): TskerError {
    this.#isBroken = true;
    const error = brokenError(cause);
    this.#logger?.error(error.message, { error: messageOf(cause) });
    return error;
  }

  #readState(): LogState {
    return this.#state.get() ?? { log: 0, checkpointed: 0 };
  }
}

function brokenError(cause?: unknown): TskerError {
  return new TskerError('internal', 'the database cannot be written to the disk', {
    cause,
    hint: 'see to the disk of the data root, then start the daemon again: what is missing is in the log',
  });
}
