// What a full disk means to a user: one sentence, whatever was being written.
import { TskerError } from '../util/errors.ts';

/** ENOSPC and EDQUOT as `no_space`, everything else as it was. */
export function diskError(error: unknown, doing: string): unknown {
  const errno = error instanceof Error && 'code' in error ? error.code : undefined;
  if (errno !== 'ENOSPC' && errno !== 'EDQUOT') return error;
  return new TskerError('no_space', `${doing}: no space left on device`, {
    cause: error,
    errno,
    hint: 'free some space below the data root, or use another --data-root',
  });
}
