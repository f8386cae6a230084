// The hostname in the UTS namespace of a process that is being set up. The kernel shows it to nobody outside: what is there is the
// host's, which the namespace began with, until the operation that sets another.
import { hostname } from 'node:os';
import type { OperationText } from '../../types/explain.ts';

/** `next`: which operation comes next. Pure but for the host's own name. */
export function readHostname({
  plan,
  next,
}: {
  readonly plan: readonly OperationText[];
  readonly next: number;
}): string {
  const set = plan.slice(0, next).findLast(({ op }) => op === 'HOSTNAME');
  const name = set === undefined ? undefined : /^sethostname\((".*")\)$/.exec(set.call)?.[1];
  return name === undefined ? hostname() : String(JSON.parse(name));
}
