// The cgroups between the root of a hierarchy and the containers': they are shared, cheap to keep, and must be ready
// before a container's own are made in them. Synchronous: it finds everything in place but for the first start.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CgroupDirectory, type ContainerCgroups, directoryOf } from './paths.ts';

/** What a v1 cpuset must be given before a process can join it. */
export interface CpusetValues {
  readonly cpus: string;
  readonly mems: string;
}

/**
 * Makes the parents of a container's cgroups where they are missing. Returns what its own cpuset has to copy: undefined
 * when the kernel does it (v2, or a v1 parent with clone_children).
 */
export function prepareParents(cgroups: ContainerCgroups): CpusetValues | undefined {
  const components = dirname(cgroups.relative) === '.' ? [] : dirname(cgroups.relative).split('/');
  for (const directory of cgroups.directories) prepareHierarchy(cgroups.version, directory, components);
  return cgroups.version === 1 ? cpusetToCopy(directoryOf(cgroups, 'cpuset')) : undefined;
}

function cpusetToCopy(cpuset: CgroupDirectory | undefined): CpusetValues | undefined {
  if (cpuset === undefined) return undefined;
  const read = (file: string): string => readFileSync(join(dirname(cpuset.path), file), 'utf8').trim();
  if (read('cgroup.clone_children') === '1') return undefined;
  return { cpus: read('cpuset.cpus'), mems: read('cpuset.mems') };
}

/** Levels that a crash left unfinished are finished: on v2 and in a cpuset, being there is not enough. */
function prepareHierarchy(version: 1 | 2, directory: CgroupDirectory, components: readonly string[]): void {
  const cpuset = version === 1 && directory.controllers.includes('cpuset');
  if (version === 1 && !cpuset && existsSync(dirname(directory.path))) return;
  let current = directory.mountPoint;
  if (version === 2) delegate(current, directory.controllers);
  for (const component of components) {
    const parent = current;
    current = join(current, component);
    // Of two engines that begin at once one is the first.
    const isNew = mkdirSync(current, { recursive: true }) !== undefined;
    if (version === 2) delegate(current, directory.controllers);
    if (cpuset) inheritCpuset(parent, current);
    // What others made keeps its settings.
    if (cpuset && isNew) writeFileSync(join(current, 'cgroup.clone_children'), '1');
  }
}

/** v2 gives a controller to children one level at a time, and refuses those it cannot; each is asked for alone. */
function delegate(path: string, controllers: readonly string[]): void {
  const file = join(path, 'cgroup.subtree_control');
  const given = new Set(readFileSync(file, 'utf8').trim().split(' '));
  for (const controller of controllers) {
    if (given.has(controller)) continue;
    try {
      writeFileSync(file, `+${controller}`);
    } catch (error) {
      // A process in a cgroup with children (EBUSY), or a controller that this subtree may not have (EINVAL, ENOENT,
      // EOPNOTSUPP): limits that need it are then reported by the missing files.
      if (!isErrno(error, ['EBUSY', 'EINVAL', 'ENOENT', 'EOPNOTSUPP', 'ENOTSUP'])) throw error;
    }
  }
}

/** A new v1 cpuset is empty and can hold no process: it copies the parent's. */
function inheritCpuset(parent: string, child: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readFileSync(join(child, file), 'utf8').trim() !== '') continue;
    writeFileSync(join(child, file), readFileSync(join(parent, file), 'utf8').trim());
  }
}

/** Removes parents that hold nothing any more, from the lowest; one that is in use stays, with those above it. */
export function removeParents(cgroups: ContainerCgroups): void {
  for (const directory of cgroups.directories) {
    let path = dirname(directory.path);
    while (path !== directory.mountPoint && path.startsWith(`${directory.mountPoint}/`) && removeEmpty(path)) {
      path = dirname(path);
    }
  }
}

function removeEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, ['EBUSY', 'ENOTEMPTY'])) return false;
    if (isErrno(error, ['ENOENT'])) return true;
    throw error;
  }
}

function isErrno(error: unknown, names: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && names.includes(error.code);
}
