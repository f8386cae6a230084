// What went wrong with an archive: the stage and errno of the native library as a reason that a verb can put into Docker's
// words. Pure.
import { type ErrorCode, type ErrorDetails, TskerError } from '../util/errors.ts';
import { EXTRACT_STAGE } from './abi.ts';
import { describeErrno, ERRNO, errnoName } from './errno.ts';

export type ArchiveReason =
  /** The path that was asked for does not exist. */
  | 'path_not_found'
  /** It exists, and is not the directory it would have to be. */
  | 'not_a_directory'
  /** It cannot be reached: loops of links, a name too long, a file system of the kernel's own. */
  | 'path'
  /** A directory stands where the archive has something else, and may not be replaced. */
  | 'directory_in_the_way'
  /** Something else stands where the archive has a directory, and may not be replaced. */
  | 'file_in_the_way'
  /** A name in the archive leads out of the directory. */
  | 'breakout'
  /** The root or a mount in it is read-only. */
  | 'read_only'
  /** The archive is malformed, or compressed in a way that is not supported. */
  | 'archive'
  /** The stream could not be read or written: who is at its other end has gone. */
  | 'stream'
  | 'cancelled'
  | 'no_space'
  /** A layer's directory holds what has no form in a layer (overlay's redirects and metacopies). */
  | 'unsupported_layer'
  /** Reading or writing files failed. */
  | 'tree';

export class ArchiveError extends TskerError {
  readonly reason: ArchiveReason;

  constructor(reason: ArchiveReason, message: string, details: ErrorDetails = {}) {
    super(CODES[reason], message, details);
    this.name = 'ArchiveError';
    this.reason = reason;
  }
}

const CODES: Readonly<Record<ArchiveReason, ErrorCode>> = {
  path_not_found: 'not_found',
  not_a_directory: 'invalid',
  path: 'invalid',
  directory_in_the_way: 'invalid',
  file_in_the_way: 'invalid',
  breakout: 'invalid',
  read_only: 'invalid',
  archive: 'invalid',
  stream: 'cancelled',
  cancelled: 'cancelled',
  no_space: 'no_space',
  unsupported_layer: 'unsupported',
  tree: 'internal',
};

export interface ArchiveFailure {
  readonly job: 'pack' | 'place' | 'stat';
  /** Positive. */
  readonly errno: number;
  /** One of EXTRACT_STAGE. */
  readonly stage: number;
  /** The library's own sentence; '' when it had none. */
  readonly said: string;
}

export function archiveError(failure: ArchiveFailure): ArchiveError {
  const { job, errno, said } = failure;
  const message = said === '' ? `${job}: ${describeErrno(errno)}` : said;
  return new ArchiveError(reasonOf(failure), message, { errno: errnoName(errno) });
}

function reasonOf({ job, errno, stage }: ArchiveFailure): ArchiveReason {
  if (errno === ERRNO.ECANCELED) return 'cancelled';
  if (errno === ERRNO.ENOSPC || errno === ERRNO.EDQUOT) return 'no_space';
  if (errno === ERRNO.EROFS) return 'read_only';
  if (errno === ERRNO.ENOMEM) return 'tree';
  if (stage === EXTRACT_STAGE.path) return pathReason(errno);
  if (job === 'pack' && errno === ERRNO.EOPNOTSUPP) return 'unsupported_layer';
  return (job === 'pack' ? PACK_STAGES : PLACE_STAGES).get(stage) ?? 'tree';
}

const PACK_STAGES: ReadonlyMap<number, ArchiveReason> = new Map([[EXTRACT_STAGE.write, 'stream']]);

const PLACE_STAGES: ReadonlyMap<number, ArchiveReason> = new Map([
  [EXTRACT_STAGE.read, 'stream'],
  [EXTRACT_STAGE.inflate, 'archive'],
  [EXTRACT_STAGE.tar, 'archive'],
  [EXTRACT_STAGE.directory, 'directory_in_the_way'],
  [EXTRACT_STAGE.file, 'file_in_the_way'],
  [EXTRACT_STAGE.breakout, 'breakout'],
]);

function pathReason(errno: number): ArchiveReason {
  if (errno === ERRNO.ENOENT) return 'path_not_found';
  return errno === ERRNO.ENOTDIR ? 'not_a_directory' : 'path';
}
