// Limits of a running container changed: the same writes as for a new one, in an order that the kernel accepts in a cgroup
// that has limits and processes already. Pure but for the values it is told.
import type { Op } from '../../native/ops.ts';
import type { Resources } from '../spec.ts';
import { resourceWrites } from './create.ts';
import { type ContainerCgroups, directoryOf } from './paths.ts';
import type { CgroupWrite, HasFile } from './write.ts';

export interface UpdateRequest {
  readonly cgroups: ContainerCgroups;
  /** Whole groups: memory with its swap, quota with its period. What is missing stays. */
  readonly resources: Resources;
  readonly has: HasFile;
  /** The present value of a file; undefined when it has none. */
  readonly current: (controller: string, file: string) => string | undefined;
}

export interface UpdateOps {
  readonly ops: readonly Op[];
  readonly warnings: readonly string[];
}

export function updateOps({ cgroups, resources, has, current }: UpdateRequest): UpdateOps {
  const { writes, warnings } = resourceWrites(cgroups, resources, has);
  const ordered = cgroups.version === 1 ? orderV1(writes, current) : writes;
  const ops = ordered.flatMap(({ controller, file, value }): Op[] => {
    const directory = directoryOf(cgroups, controller);
    return directory === undefined ? [] : [{ op: 'WRITE', path: `${directory.path}/${file}`, data: value }];
  });
  return { ops, warnings };
}

const LIMIT = 'memory.limit_in_bytes';
const WITH_SWAP = 'memory.memsw.limit_in_bytes';

/** The kernel refuses at every moment a limit of memory above that of memory and swap: when both grow, the sum is first. */
function orderV1(writes: readonly CgroupWrite[], current: UpdateRequest['current']): CgroupWrite[] {
  const limit = writes.find(({ file }) => file === LIMIT);
  const withSwap = writes.find(({ file }) => file === WITH_SWAP);
  if (limit === undefined || withSwap === undefined) return [...writes];
  const before = Number(current('memory', WITH_SWAP) ?? 0);
  const grows = Number(withSwap.value) < 0 || Number(withSwap.value) > before;
  const both = grows ? [withSwap, limit] : [limit, withSwap];
  return [...both, ...writes.filter((one) => one !== limit && one !== withSwap)];
}
