// Which cgroup of v2 a process joins that is to run beside a container's first one. Pure.
import { join } from 'node:path';
import type { CgroupDirectory } from './paths.ts';

/**
 * Where the first process is now: a container that manages cgroups of its own (an init, another engine) has moved it out of
 * the top one, which can hold no process from then on ("no internal processes", Documentation/admin-guide/cgroup-v2.rst).
 * `text` is its /proc/<pid>/cgroup. The container's own directory for anything that is not below it.
 */
export function currentCgroup({ mountPoint, path }: CgroupDirectory, text: string): string {
  const relative = /^0::(\/.*)$/m.exec(text)?.[1];
  if (relative === undefined) return path;
  const current = join(mountPoint, relative);
  return current.startsWith(`${path}/`) ? current : path;
}
