// Room that the database's files hold in advance, so that on a full disk what has begun can still be ended, undone and
// removed: an update needs a place in the write-ahead log, and may need a page. Only the database can use it: room that was
// given up to the disk instead (a ballast file) would be taken by the first container that writes. It stores nothing.
import { closeSync, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, TskerError } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import type { Checkpoints } from './checkpoints.ts';
import { type Db, isForWantOfRoom, type Statement } from './database.ts';

/** Free pages kept in the database file (1 MiB). */
const PAGES = 256;
/** When fewer of them are left, others are made ready while the daemon goes on. */
const FEW = (PAGES * 3) / 4;
/** Who finds no more than that waits until there are others. */
const TOO_FEW = PAGES / 4;
/** Kept in the log. It is moved long before it holds so many, unless much is begun at once, and that finds no room on a full disk. */
const LOG_PAGES = 1200;
/** Of a page in the log. */
const FRAME_HEADER = 24;
/** Bytes written at a time: the daemon's memory should not grow by the whole. */
const PIECE = 64 * 1024;
/** Bytes that have to be free on the disk before anything new is begun: a container makes a dozen small files and directories. */
const MARGIN = 1024 * 1024;

export class Reserve {
  readonly #db: Db;
  readonly #path: string;
  readonly #checkpoints: Pick<Checkpoints, 'settle' | 'move'>;
  readonly #pageSize: number;
  readonly #logger: Pick<Logger, 'warn'> | undefined;
  readonly #freePages: Statement<[], { pages: number }>;
  #isBegun = false;
  /** As long as it is, the pages are in the table that is dropped with its end. */
  #refill: Promise<void> | undefined;

  /** `path` is the file of `db`. Nothing is reserved yet. */
  constructor(db: Db, path: string, checkpoints: Pick<Checkpoints, 'settle' | 'move'>, log?: Pick<Logger, 'warn'>) {
    this.#db = db;
    this.#path = path;
    this.#checkpoints = checkpoints;
    this.#logger = log;
    this.#pageSize = db.pragma('page_size', { simple: true }) as number;
    this.#freePages = db.prepare('SELECT freelist_count AS pages FROM pragma_freelist_count');
  }

  /** Whether the disk has no room for anything new. */
  get isShort(): boolean {
    return this.#room < MARGIN;
  }

  /** Bytes. The daemon is root: what the file system keeps for root is its own. */
  get #room(): number {
    const { bfree, bsize } = statfsSync(dirname(this.#path));
    return bfree * bsize;
  }

  /** Takes the room before anyone else fills the disk; false when there is not enough of it. */
  prepare(): boolean {
    try {
      this.#begin();
      this.#keepPages();
      return true;
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
  }

  /** To be called before anything is begun that will have to be written down when it ends. Throws `no_space`. */
  require(): void {
    if (this.isShort || !this.prepare()) {
      throw new TskerError('no_space', 'no space left on device', {
        hint: 'free some space below the data root: containers and images that are not needed can be removed',
      });
    }
  }

  /** Before the database is closed. */
  async close(): Promise<void> {
    await this.#refill;
  }

  /** Once. What is dropped are pages that a daemon held that was killed meanwhile. */
  #begin(): void {
    if (this.#isBegun) return;
    this.#keepLog();
    this.#drop();
    this.#isBegun = true;
  }

  /**
   * The log never shrinks while the database is open, and what lies behind its last page is no part of it: its checksums
   * chain. (No lock of SQLite's is on this file; on the database itself, closing a descriptor would lose them.)
   */
  #keepLog(): void {
    const file = openSync(`${this.#path}-wal`, 'r+');
    try {
      const { size } = fstatSync(file);
      const missing = LOG_PAGES * (this.#pageSize + FRAME_HEADER) - size;
      if (missing > 0) writeZeros(file, size, missing);
    } finally {
      closeSync(file);
    }
  }

  #keepPages(): void {
    const free = this.#freePages.get()?.pages ?? 0;
    if (free >= FEW || this.#refill !== undefined) return;
    // A checkpoint that finds no room would leave the log without its beginning.
    const isRoom = this.#room >= MARGIN + PAGES * this.#pageSize;
    if (free < TOO_FEW) {
      if (!isRoom) throw fullError();
      this.#addPages();
    } else if (isRoom) {
      this.#refill = this.#addPagesMeanwhile().finally(() => {
        this.#refill = undefined;
      });
    }
  }

  /** A table that is filled and dropped leaves its pages to the database. The checkpoint between gives them a place in the file. */
  #addPages(): void {
    this.#checkpoints.settle();
    this.#db.pragma('wal_checkpoint(PASSIVE)');
    try {
      this.#fill();
      this.#db.pragma('wal_checkpoint(PASSIVE)');
    } finally {
      this.#drop();
    }
  }

  /**
   * The same, but it is not the event loop that waits for the disk. The pages that were left are in the table meanwhile, and what
   * needs some takes new ones: there is room on the disk. What fails is tried again, until too few are left.
   */
  async #addPagesMeanwhile(): Promise<void> {
    try {
      try {
        this.#fill();
        await this.#checkpoints.move();
      } finally {
        this.#drop();
      }
    } catch (error) {
      this.#logger?.warn('cannot keep more room in the database', { error: messageOf(error) });
    }
  }

  #fill(): void {
    this.#db.exec('CREATE TABLE IF NOT EXISTS reserve (filler BLOB)');
    this.#db.prepare('INSERT INTO reserve VALUES (zeroblob(?))').run(PAGES * this.#pageSize);
  }

  #drop(): void {
    this.#db.exec('DROP TABLE IF EXISTS reserve');
  }
}

/** All, or nothing when there is not enough room. */
function writeZeros(file: number, start: number, length: number): void {
  try {
    const zeros = Buffer.alloc(PIECE);
    for (let done = 0; done < length; ) {
      done += writeSync(file, zeros, 0, Math.min(PIECE, length - done), start + done);
    }
  } catch (error) {
    ftruncateSync(file, start);
    throw error;
  }
}

function fullError(): Error {
  return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
}

function isFull(error: unknown): boolean {
  return isForWantOfRoom(error) || (error instanceof Error && 'code' in error && error.code === 'ENOSPC');
}
