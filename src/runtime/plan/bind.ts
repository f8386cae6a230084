// A bind mount: its destination made in the root as what its source is, the mount, its attributes. Pure.
import { posix } from 'node:path';
import { BIND } from '../../native/abi.ts';
import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_RDONLY,
  MS_REC,
  MS_STRICTATIME,
} from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import type { MountOptions } from '../mount-options.ts';
import type { Mount } from '../spec.ts';
import type { PathKind } from './facts.ts';

const DIRECTORY_MODE = 0o755;
/** runc's mode for a mount point that has to be a file. */
const FILE_MODE = 0o755;

export function bindOps(mount: Mount, options: MountOptions, sourceKind: (source: string) => PathKind): Op[] {
  const { source, destination } = mount;
  if (source === undefined || !source.startsWith('/')) {
    throw new TskerError('invalid', `bind mount ${destination}: the source must be an absolute path`);
  }
  return [
    ...mountPointOps(destination, sourceKind(source)),
    {
      op: 'BIND',
      source,
      target: destination,
      flags: bindFlags(options),
      propagation: options.propagation,
      inRoot: true,
    },
    ...attributeOps(destination, options),
  ];
}

/** A directory, or an empty file with the directories above it. */
export function mountPointOps(path: string, kind: PathKind): Op[] {
  if (kind === 'directory') return [{ op: 'MKDIRS', path, mode: DIRECTORY_MODE, inRoot: true }];
  return [...parentOps(path, DIRECTORY_MODE), { op: 'MKFILE', path, mode: FILE_MODE, inRoot: true }];
}

/** The directories above a path; those right below the root need none. */
export function parentOps(path: string, mode: number): Op[] {
  const parent = posix.dirname(path);
  return parent === '/' ? [] : [{ op: 'MKDIRS', path: parent, mode, inRoot: true }];
}

function bindFlags({ flags, recursiveSet }: MountOptions): number {
  let bits = 0;
  if ((flags & MS_REC) !== 0) bits |= BIND.rec;
  if ((flags & MS_RDONLY) !== 0) bits |= BIND.rdonly;
  if ((flags & MS_NOSUID) !== 0) bits |= BIND.nosuid;
  if ((flags & MS_NODEV) !== 0) bits |= BIND.nodev;
  if ((flags & MS_NOEXEC) !== 0) bits |= BIND.noexec;
  if ((recursiveSet & MOUNT_ATTR_RDONLY) !== 0) bits |= BIND.rdonlyRec;
  return bits;
}

/** What BIND has no flag for. */
function attributeOps(target: string, options: MountOptions): Op[] {
  const set = attributes(options.flags);
  const recursive = options.recursiveSet & ~MOUNT_ATTR_RDONLY;
  // mount_setattr changes the access time mode only when all of its bits are cleared in the same call.
  const clearFor = (bits: number): number =>
    (bits & (MOUNT_ATTR_NOATIME | MOUNT_ATTR_STRICTATIME)) === 0 ? 0 : MOUNT_ATTR__ATIME;
  const ops: Op[] = [];
  if (set !== 0) ops.push({ op: 'MOUNT_ATTR', target, set, clear: clearFor(set), recursive: 0, inRoot: true });
  if (recursive !== 0 || options.recursiveClear !== 0) {
    const clear = options.recursiveClear | clearFor(recursive);
    ops.push({ op: 'MOUNT_ATTR', target, set: recursive, clear, recursive: 1, inRoot: true });
  }
  return ops;
}

function attributes(flags: number): number {
  let bits = 0;
  if ((flags & MS_NOATIME) !== 0) bits |= MOUNT_ATTR_NOATIME;
  if ((flags & MS_STRICTATIME) !== 0) bits |= MOUNT_ATTR_STRICTATIME;
  if ((flags & MS_NODIRATIME) !== 0) bits |= MOUNT_ATTR_NODIRATIME;
  if ((flags & MS_NOSYMFOLLOW) !== 0) bits |= MOUNT_ATTR_NOSYMFOLLOW;
  return bits;
}
