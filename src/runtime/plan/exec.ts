// The launch plan of another process in a running container: join its cgroup, its namespaces, become the user. Pure.
import { CLONE_NEWUSER } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import type { Process } from '../spec.ts';
import type { ExecFacts } from './facts.ts';
import { confinementOps, processOps } from './process.ts';

export function compileExec(process: Process, facts: ExecFacts): Op[] {
  const { oomScoreAdj, target } = facts;
  return [
    // By paths of the host, before its file systems are left.
    ...facts.cgroupOps,
    ...(oomScoreAdj === undefined
      ? []
      : [{ op: 'WRITE', path: '/proc/self/oom_score_adj', data: String(oomScoreAdj) } as const]),
    ...confinementOps(process, facts),
    // One call for all of them: the kernel enters the user namespace first and the others with its privileges.
    ...(target.flags === 0 ? [] : [{ op: 'SETNS', slot: target.slot, flags: target.flags } as const]),
    // The host's root is nobody there; what is made before the user is set (a terminal) belongs to the namespace's.
    ...((target.flags & CLONE_NEWUSER) === 0
      ? []
      : [{ op: 'USER', uid: 0, gid: 0, groups: new Uint8Array() } as const]),
    ...processOps({ process, facts, slots: facts.slots, execFlags: 0 }).flatMap(withRoot),
  ];
}

/** Just for the working directory: with a root a terminal would be bound over the container's console, and stay there. */
function withRoot(op: Op): Op[] {
  return op.op === 'CHDIR' ? [{ op: 'ROOT', path: '/' }, op] : [op];
}
