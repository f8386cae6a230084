// The mounts of a spec, in its order, inside the new root: file systems, bind mounts, the cgroup view. Pure.
import { MOUNT_ATTR_RDONLY, MS_BIND, MS_RDONLY, MS_REMOUNT } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import { type MountOptions, parseMountOptions } from '../mount-options.ts';
import type { Mount } from '../spec.ts';
import { bindOps } from './bind.ts';
import { cgroupMountOps } from './cgroup-view.ts';
import { copyUpOps, type TreeEntry } from './copy-up.ts';
import type { CgroupView, PathKind } from './facts.ts';

export interface MountFacts {
  readonly cgroupView: CgroupView;
  readonly sourceKind: (source: string) => PathKind;
  readonly directoryMode: (path: string) => number | undefined;
  readonly directoryTree: (path: string) => readonly TreeEntry[];
  /** A user namespace without a network namespace of its own may not mount sysfs. */
  readonly bindSysfs: boolean;
  readonly userNamespace: boolean;
}

export interface MountOps {
  /** While the root is being built. */
  readonly build: readonly Op[];
  /** When everything is in its place: file systems that had to stay writable until then. */
  readonly seal: readonly Op[];
}

const DIRECTORY_MODE = 0o755;

/** Operations for every mount. */
export function mountOps(mounts: readonly Mount[], facts: MountFacts): MountOps {
  const parts = mounts.map((mount) => oneMount(mount, facts));
  return { build: parts.flatMap(({ build }) => build), seal: parts.flatMap(({ seal }) => seal) };
}

function oneMount(mount: Mount, facts: MountFacts): MountOps {
  checkDestination(mount.destination);
  const { destination } = mount;
  const options = parseMountOptions(mount.options);
  if ((options.flags & MS_REMOUNT) !== 0) throw new TskerError('invalid', `mount ${mount.destination}: remount`);
  if (mount.type === 'bind' || (options.flags & MS_BIND) !== 0) {
    return { build: bindOps(mount, options, facts.sourceKind), seal: [] };
  }
  switch (mount.type) {
    case 'cgroup':
    case 'cgroup2':
      return { build: cgroupMountOps({ ...facts, view: facts.cgroupView, destination, options }), seal: [] };
    case 'sysfs':
      return { build: facts.bindSysfs ? bindSysfs(mount) : fileSystemOps(mount, 'sysfs', options), seal: [] };
    case 'tmpfs':
      return tmpfsOps(
        mount,
        withMode(options, () => facts.directoryMode(destination)),
        options.copyUp ? facts.directoryTree(destination) : [],
      );
    case undefined:
      throw new TskerError('invalid', `mount ${mount.destination}: no type`);
    default:
      return { build: fileSystemOps(mount, mount.type, options), seal: [] };
  }
}

function checkDestination(destination: string): void {
  if (!destination.startsWith('/') || /^\/*$/.test(destination)) {
    throw new TskerError('invalid', `invalid mount destination "${destination}"`);
  }
}

function fileSystemOps(mount: Mount, type: string, options: MountOptions): Op[] {
  const { destination } = mount;
  return [
    makeMountPoint(destination),
    {
      op: 'MOUNT',
      source: mount.source ?? type,
      target: destination,
      type,
      flags: options.flags,
      data: options.data,
      inRoot: true,
    },
    ...recursiveAttributes(destination, options),
  ];
}

export function makeMountPoint(path: string): Op {
  return { op: 'MKDIRS', path, mode: DIRECTORY_MODE, inRoot: true };
}

/** As runc: a tmpfs has the mode of the directory that it covers, unless it is told one. */
function withMode(options: MountOptions, modeOf: () => number | undefined): MountOptions {
  const mode = /(?:^|,)mode=/.test(options.data) ? undefined : modeOf();
  if (mode === undefined) return options;
  return { ...options, data: [`mode=${mode.toString(8)}`, options.data].filter(Boolean).join(',') };
}

/** A read-only tmpfs is one that others are mounted in (/dev): it takes their directories first. */
function tmpfsOps(mount: Mount, options: MountOptions, content: readonly TreeEntry[]): MountOps {
  const writable = { ...options, flags: options.flags & ~MS_RDONLY };
  const build = [...fileSystemOps(mount, 'tmpfs', writable), ...copyUpOps(content)];
  return { build, seal: writable.flags === options.flags ? [] : [readonlyAttribute(mount.destination)] };
}

export function readonlyAttribute(target: string): Op {
  return { op: 'MOUNT_ATTR', target, set: MOUNT_ATTR_RDONLY, clear: 0, recursive: 0, inRoot: true };
}

/** `rro` and its like on a file system: the attributes of everything mounted there. */
function recursiveAttributes(target: string, { recursiveSet, recursiveClear }: MountOptions): Op[] {
  if (recursiveSet === 0 && recursiveClear === 0) return [];
  return [{ op: 'MOUNT_ATTR', target, set: recursiveSet, clear: recursiveClear, recursive: 1, inRoot: true }];
}

function bindSysfs(mount: Mount): Op[] {
  const options = { ...parseMountOptions(['rbind', 'rprivate', 'ro', ...(mount.options ?? [])]), data: '' };
  return bindOps({ ...mount, source: '/sys' }, options, () => 'directory');
}
