// What a driver does when a layer could not be made: leave nothing, and nothing of somebody else's touched.
import { ERRNO, errnoName } from '../native/linux.ts';
import { PlanError } from '../native/native.ts';
import { TskerError, withCleanupFailure } from '../util/errors.ts';
import type { GraphDriver } from './driver.ts';

/**
 * Removes what was begun of layer `id` and returns the error to throw. The first operation of every creation makes
 * the layer's directory: when that one failed there is nothing of ours to remove, and perhaps a layer of that name.
 */
export async function undoCreation(driver: Pick<GraphDriver, 'remove'>, id: string, error: unknown): Promise<unknown> {
  if (error instanceof PlanError && error.index === 0) return toTskerError(id, error);
  return await abandonCreation(driver, id, error);
}

/** The same where the layer's directory has been made: all of it is ours. */
export async function abandonCreation(
  driver: Pick<GraphDriver, 'remove'>,
  id: string,
  error: unknown,
): Promise<unknown> {
  const failure = toTskerError(id, error);
  try {
    await driver.remove(id);
    return failure;
  } catch (cleanup) {
    return withCleanupFailure(failure, cleanup);
  }
}

function toTskerError(id: string, error: unknown): unknown {
  if (!(error instanceof PlanError)) return error;
  const { errno, index } = error;
  const details = { cause: error, errno: errnoName(errno) };
  if (errno === ERRNO.EEXIST && index === 0) return new TskerError('conflict', `layer ${id} exists already`, details);
  const full = errno === ERRNO.ENOSPC || errno === ERRNO.EDQUOT;
  return new TskerError(full ? 'no_space' : 'internal', `making layer ${id}: ${error.message}`, details);
}
