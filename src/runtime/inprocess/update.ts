// Limits of a running container changed in the kernel, all of them or none: it may refuse one after others were accepted.
import { type Native, PlanError } from '../../native/native.ts';
import { withCleanupFailure } from '../../util/errors.ts';
import type { UpdateOps } from '../cgroup/update.ts';

/** In a thread: lowering a limit of memory reclaims until it is kept. Throws what the kernel refused. */
export async function updateLimits(native: Pick<Native, 'runPlan'>, { ops, undo }: UpdateOps): Promise<void> {
  try {
    await native.runPlan(ops);
  } catch (error) {
    const changed = error instanceof PlanError ? undo.slice(0, error.index) : [];
    await takeBack(native, changed, error);
    throw error;
  }
}

async function takeBack(native: Pick<Native, 'runPlan'>, changed: UpdateOps['undo'], refused: unknown): Promise<void> {
  try {
    await native.runPlan(changed.filter((op) => op !== undefined).toReversed());
  } catch (error) {
    throw withCleanupFailure(refused, error);
  }
}
