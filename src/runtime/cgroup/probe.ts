// Which cgroup files this kernel has. Most come with their controller; some depend on its configuration, and are looked
// for in the parent cgroup, which has the same files as its children (but for a hierarchy's root, which lacks limits).
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ContainerCgroups, directoryOf } from './paths.ts';

const CONFIGURED = new Set([
  'memory.memsw.limit_in_bytes',
  'memory.swap.max',
  'memory.swappiness',
  'cpu.rt_period_us',
  'cpu.rt_runtime_us',
  'blkio.weight',
  'blkio.weight_device',
  'blkio.bfq.weight',
  'blkio.bfq.weight_device',
  'io.weight',
  'io.bfq.weight',
]);

/** Asked when the parents are in place. */
export function hasCgroupFile(cgroups: ContainerCgroups, controller: string, file: string): boolean {
  const directory = directoryOf(cgroups, controller);
  if (directory === undefined) return false;
  const parent = dirname(directory.path);
  if (cgroups.version === 2 && !delegated(parent).includes(controller)) return false;
  if (!CONFIGURED.has(file)) return true;
  const bare = cgroups.version === 2 && parent === directory.mountPoint;
  return bare ? !file.startsWith('io.bfq') : existsSync(join(parent, file));
}

/** A file of the container's own cgroup, without the newline; undefined when it is not there. */
export function readCgroupFile(cgroups: ContainerCgroups, controller: string, file: string): string | undefined {
  const path = join(directoryOf(cgroups, controller)?.path ?? '', file);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

function delegated(parent: string): string[] {
  return readFileSync(join(parent, 'cgroup.subtree_control'), 'utf8').trim().split(' ');
}
