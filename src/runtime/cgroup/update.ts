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
  /** What takes each of them back; undefined where the present value cannot be read. */
  readonly undo: readonly (Op | undefined)[];
  readonly warnings: readonly string[];
}

export function updateOps({ cgroups, resources, has, current }: UpdateRequest): UpdateOps {
  const { writes, warnings } = resourceWrites(cgroups, resources, has);
  const ordered = cgroups.version === 1 ? orderV1(writes, current) : writes;
  const present = ordered.flatMap((write) => {
    const directory = directoryOf(cgroups, write.controller);
    return directory === undefined ? [] : [{ ...write, path: `${directory.path}/${write.file}` }];
  });
  return {
    ops: present.map(({ path, value }): Op => ({ op: 'WRITE', path, data: value })),
    undo: present.map(({ path, controller, file }): Op | undefined => {
      // Of a file with a value for each device the first line is the one for all.
      const value = current(controller, file)?.split('\n')[0];
      return value === undefined ? undefined : { op: 'WRITE', path, data: value };
    }),
    warnings,
  };
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
