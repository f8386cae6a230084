// Negative results of the native library → TskerError. Pure.
import { type ErrorCode, TskerError } from '../util/errors.ts';
import { describeErrno, ERRNO, errnoName } from './errno.ts';

const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [ERRNO.ENOENT, 'not_found'],
  [ERRNO.ESRCH, 'not_found'],
  [ERRNO.EINVAL, 'invalid'],
  [ERRNO.ENOSPC, 'no_space'],
  [ERRNO.EDQUOT, 'no_space'],
  [ERRNO.ECANCELED, 'cancelled'],
  [ERRNO.ENOSYS, 'unsupported'],
  [ERRNO.EOPNOTSUPP, 'unsupported'],
]);

/** Returns a result that is not negative; throws what the negative one means: `<what>: ENOENT: no such file or directory`. */
export function check(result: number, what: string): number {
  if (result >= 0) return result;
  throw failureOf(-result, what);
}

/** The error of a positive errno. */
export function failureOf(errno: number, what: string): TskerError {
  const code = CODES.get(errno) ?? 'internal';
  return new TskerError(code, `${what}: ${describeErrno(errno)}`, { errno: errnoName(errno) });
}

/** A string that goes to C; throws TskerError `invalid` when it would end early there. */
export function cString(text: string, what: string): string {
  if (text.includes('\0')) throw new TskerError('invalid', `${what} contains a NUL byte`);
  return text;
}
