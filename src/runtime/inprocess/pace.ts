// A plan that is executed step by step: the same operations, before each a WAIT for a byte from a pipe whose other end is the
// daemon's. When that end is closed, by a client that went away or by the daemon's death, the wait fails and the plan with it.
// Nothing of this is in a plan that runs freely. Pure.
import type { Op } from '../../native/ops.ts';

export interface PacedPlan {
  readonly plan: readonly Op[];
  /** From an index of the paced plan to that of the plan itself; undefined: a wait. */
  readonly indexOf: (paced: number) => number | undefined;
}

export function pacePlan(plan: readonly Op[], slot: number): PacedPlan {
  return {
    plan: plan.flatMap((op): Op[] => [{ op: 'WAIT', slot }, op]),
    indexOf: (paced) => (paced % 2 === 1 ? (paced - 1) / 2 : undefined),
  };
}
