// Where one container's cgroups are: a directory in each v1 hierarchy, or the one of v2. Pure.
import { basename, join, normalize } from 'node:path';
import { TskerError } from '../../util/errors.ts';
import type { CgroupLayout } from './layout.ts';

export interface CgroupDirectory {
  /** v1: the hierarchy's name as its mount point is called (`memory`, `cpu,cpuacct`, `systemd`); v2: `unified`. */
  readonly name: string;
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  readonly path: string;
}

export interface ContainerCgroups {
  readonly version: 1 | 2;
  /** Relative to every mount point, without a slash in front. */
  readonly relative: string;
  readonly directories: readonly CgroupDirectory[];
}

/**
 * The directories for a spec's `cgroupsPath` (default `/tsker/<id>`). In hybrid mode only v1 hierarchies are joined: the
 * unified one has no controller that limits anything there, and joining it costs a synchronisation of the whole kernel.
 */
export function containerCgroups(layout: CgroupLayout, cgroupsPath: string | undefined, id: string): ContainerCgroups {
  const relative = checkPath(cgroupsPath ?? `/tsker/${id}`);
  const at = (mountPoint: string, name: string, controllers: readonly string[]): CgroupDirectory => ({
    name,
    controllers,
    mountPoint,
    path: join(mountPoint, relative),
  });
  if (layout.mode === 'v2' && layout.unified !== undefined) {
    const { mountPoint, controllers } = layout.unified;
    return { version: 2, relative, directories: [at(mountPoint, 'unified', controllers)] };
  }
  const directories = layout.v1.map((one) => at(one.mountPoint, basename(one.mountPoint), one.controllers));
  return { version: 1, relative, directories };
}

/** A cgroupsPath comes from a spec: it must name a cgroup below the root, and not climb. */
function checkPath(path: string): string {
  const clean = normalize(`/${path}`).replace(/^\/+|\/+$/g, '');
  if (clean === '' || path.split('/').includes('..') || path.includes('\0')) {
    throw new TskerError('invalid', `invalid cgroupsPath "${path}"`);
  }
  return clean;
}

/** The directory that holds a controller's files. */
export function directoryOf(cgroups: ContainerCgroups, controller: string): CgroupDirectory | undefined {
  if (cgroups.version === 2) return cgroups.directories[0];
  return cgroups.directories.find((one) => one.controllers.includes(controller));
}
