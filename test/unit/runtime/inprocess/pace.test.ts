// A plan that waits before each operation, and its numbers.
import test from 'ava';
import type { Op } from '../../../../src/native/ops.ts';
import { pacePlan } from '../../../../src/runtime/inprocess/pace.ts';

const PLAN: readonly Op[] = [{ op: 'SETSID' }, { op: 'PIVOT' }, { op: 'NO_NEW_PRIVS' }];

test('a paced plan waits before each operation, and has them all in order', (t) => {
  const { plan } = pacePlan(PLAN, 9);
  t.deepEqual(
    plan.map((op) => (op.op === 'WAIT' ? `wait ${op.slot}` : op.op)),
    ['wait 9', 'SETSID', 'wait 9', 'PIVOT', 'wait 9', 'NO_NEW_PRIVS'],
  );
});

test('the numbers of a paced plan lead back to the plan, those of waits nowhere', (t) => {
  const { plan, indexOf } = pacePlan(PLAN, 9);
  t.deepEqual(
    plan.map((_, index) => indexOf(index)),
    [undefined, 0, undefined, 1, undefined, 2],
  );
});
