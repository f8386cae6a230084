// What a driver does when a layer could not be made: leave nothing, and nothing of somebody else's touched.
import { PlanError } from '../native/native.ts';
import { TskerError, withCleanupFailure } from '../util/errors.ts';
import type { GraphDriver } from './driver.ts';

const EEXIST = 17;

/**
 * Removes what was begun of layer `id` and returns the error to throw. The first operation of every creation makes
 * the layer's directory: when that one failed there is nothing of ours to remove, and perhaps a layer of that name.
 */
export async function undoCreation(driver: Pick<GraphDriver, 'remove'>, id: string, error: unknown): Promise<unknown> {
  if (error instanceof PlanError && error.index === 0) {
    return error.errno === EEXIST ? new TskerError('conflict', `layer ${id} exists already`, { cause: error }) : error;
  }
  try {
    await driver.remove(id);
    return error;
  } catch (cleanup) {
    return withCleanupFailure(error, cleanup);
  }
}
