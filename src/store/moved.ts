// What of the write-ahead log is in the database, on the disk: noted in a file beside it. Who begins the log anew writes over frames
// that have been moved, and SQLite waits until the new beginning is on the disk: after a power cut the old one could stand before
// what is left of the old frames, and these would be moved once more, over newer ones. With the note nobody has to wait for that.
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
  write,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { openIfThere } from '../util/open-if-there.ts';
import { countFrames, readLogId } from './log-frames.ts';

const sync = promisify(fdatasync);
const writeAt = promisify(write);

/** The log's id, frames, and a checksum of both. */
const SIZE = 16;

/** Of a log that was begun, until it is begun anew. */
export interface Moved {
  /** As its header has it. */
  readonly log: Buffer;
  readonly frames: number;
}

const pathOf = (database: string): string => `${database}-moved`;

export class MovedNote {
  readonly #file: number;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Its place is kept from the first time on. Undefined when there is no room for it. */
  static open(database: string): MovedNote | undefined {
    const file = openSync(pathOf(database), constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      if (fstatSync(file).size !== SIZE) keepPlace(file, database);
      return new MovedNote(file);
    } catch (error) {
      closeSync(file);
      if (!['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      return undefined;
    }
  }

  /** Resolves when it is on the disk. */
  async write({ log, frames }: Moved): Promise<void> {
    const note = Buffer.alloc(SIZE);
    log.copy(note);
    note.writeUInt32LE(frames, 8);
    note.writeUInt32LE(crc32(note.subarray(0, 12)), 12);
    await writeAt(this.#file, note, 0, SIZE, 0);
    await sync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function keepPlace(file: number, database: string): void {
  ftruncateSync(file);
  writeSync(file, Buffer.alloc(SIZE), 0, SIZE, 0);
  fsyncSync(file);
  const directory = openSync(dirname(database), constants.O_RDONLY | constants.O_DIRECTORY);
  fsyncSync(directory);
  closeSync(directory);
}

/**
 * To be called before SQLite looks at the log: one that has not even what was moved of it is written over in part, and empty.
 * After a power cut, that is; of a daemon that was killed the log is whole. (Who opens such a database without this has what
 * was moved taken back.)
 */
export function dropWrittenOver(database: string): void {
  const moved = readNote(database);
  const path = `${database}-wal`;
  const log = openIfThere(path);
  if (log === undefined) return;
  try {
    const isOfLog = moved !== undefined && readLogId(log)?.equals(moved.log) === true;
    if (isOfLog && countFrames(log, moved.frames) < moved.frames) truncateSync(path);
  } finally {
    closeSync(log);
  }
}

/** Undefined: there is none, or it was being written, and then the log was not begun anew. */
function readNote(database: string): Moved | undefined {
  const file = openIfThere(pathOf(database));
  if (file === undefined) return undefined;
  const note = readFileSync(file);
  closeSync(file);
  if (note.length !== SIZE || note.readUInt32LE(12) !== crc32(note.subarray(0, 12))) return undefined;
  return { log: note.subarray(0, 8), frames: note.readUInt32LE(8) };
}
