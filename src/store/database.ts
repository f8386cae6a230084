// Opens the SQLite database, brings its schema up to date, and says what a transaction promises. It knows no table: each
// part of the engine prepares its own statements once, in its own folder.
import { chmodSync } from 'node:fs';
import { open } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { messageOf, TskerError } from '../util/errors.ts';
import { MIGRATIONS } from './migrations.ts';
import { dropWrittenOver } from './moved.ts';

export type Db = Database.Database;
export type Statement<P extends unknown[] = unknown[], R = unknown> = Database.Statement<P, R>;

export interface OpenOptions {
  /** The loaded better_sqlite3 addon, in the single file (native/load.ts); found by better-sqlite3 itself otherwise. */
  readonly nativeBinding?: object;
}

/**
 * Opens `path` (created when missing) in WAL mode. A committed transaction survives any death of the daemon; who waits
 * for `onDisk` below knows that it survives a power cut too. Throws `unsupported` when the database is of a newer tsker,
 * `internal` when it is none or damaged.
 */
export function openDatabase(path: string, options: OpenOptions = {}): Db {
  let db: Db | undefined;
  try {
    dropWrittenOver(path);
    db = connect(path, options);
    // It holds containers' environments, and secrets with them. The files beside it get the mode of this one.
    if (!db.memory) chmodSync(path, 0o600);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    migrate(db, path);
    return db;
  } catch (error) {
    db?.close();
    throw openFailure(error, path);
  }
}

/** A second connection that can only look. */
export function openReader(path: string, options: OpenOptions = {}): Db {
  return connect(path, options, { readonly: true });
}

function connect(path: string, { nativeBinding }: OpenOptions, options: Database.Options = {}): Db {
  return new Database(
    path,
    nativeBinding === undefined ? options : { ...options, nativeBinding: nativeBinding as never },
  );
}

/** SQLite's words do not name the file. */
function openFailure(error: unknown, path: string): unknown {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  const damaged = code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_CORRUPT');
  return new TskerError('internal', `cannot open the database ${path}: ${messageOf(error)}`, {
    cause: error,
    hint: damaged
      ? 'restore it from a copy, or move the data root away (or choose another --data-root) and begin anew'
      : 'check the file system of the data root: is it full, read-only or without locks?',
  });
}

/** Whether it was for want of room on the disk that a change was not stored: nothing of it was, and it can be tried again. */
export function isForWantOfRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ((error as { code?: unknown }).code === 'SQLITE_FULL') return true;
  const inner = error instanceof AggregateError ? error.errors : [];
  return [...inner, error.cause].some(isForWantOfRoom);
}

function migrate(db: Db, path: string): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > MIGRATIONS.length) {
    throw new TskerError(
      'unsupported',
      `${path} was written by a newer tsker (schema ${version}, this one knows ${MIGRATIONS.length})`,
      {
        hint: 'start the newer tsker, or use another --data-root',
      },
    );
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${index + 1}`);
    })();
  }
}

/**
 * Resolves when everything that has been committed is on the disk, for what a power cut must not lose: images, tags, volumes.
 * A thread waits for the disk, not the event loop.
 */
export async function onDisk(db: Db): Promise<void> {
  if (db.memory) return;
  try {
    await using log = await open(`${db.name}-wal`);
    await log.datasync();
  } catch (error) {
    // Who closed the database meanwhile has moved all of the log, synced.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new TskerError('internal', `what was changed may not be on the disk: ${messageOf(error)}`, { cause: error });
  }
}

/** Nothing of `change` is synced: its caller sees to it that all is on the disk in the order in which it has to be. */
export function withoutSync<T>(db: Db, change: () => T): T {
  db.pragma('synchronous = OFF');
  try {
    return change();
  } finally {
    db.pragma('synchronous = NORMAL');
  }
}
