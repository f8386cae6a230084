// What a container sees in /sys/fs/cgroup: on v1 a tmpfs with its own directory of each hierarchy, on v2 the one tree,
// all read-only unless asked otherwise. Pure.
import { BIND } from '../../native/abi.ts';
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import type { MountOptions } from '../mount-options.ts';
import type { CgroupView } from './facts.ts';
import { makeMountPoint, readonlyAttribute } from './mounts.ts';

export interface CgroupMount {
  readonly destination: string;
  readonly options: MountOptions;
  readonly view: CgroupView;
  readonly userNamespace: boolean;
  /** The host's /sys is bound, with the host's tree in it: the kernel mounts the same file system there no second time. */
  readonly bindSysfs: boolean;
}

export function cgroupMountOps(mount: CgroupMount): Op[] {
  return mount.view.version === 2 ? v2Ops(mount) : v1Ops(mount);
}

/**
 * The cgroup namespace, when there is one, makes the container's own cgroup the root of this mount. A user namespace
 * without one may not mount what belongs to the host's, and binds it.
 */
function v2Ops({ destination: target, options: { flags }, view, userNamespace, bindSysfs }: CgroupMount): Op[] {
  const [tree] = view.hierarchies;
  const mount: Op =
    tree !== undefined && (bindSysfs || (userNamespace && !view.namespaced))
      ? bindOp(view.namespaced ? tree.path : tree.mountPoint, target, flags)
      : { op: 'MOUNT', source: 'cgroup', target, type: 'cgroup2', flags, data: '', inRoot: true };
  return [makeMountPoint(target), mount];
}

function bindOp(source: string, target: string, flags: number): Op {
  return { op: 'BIND', source, target, flags: bindFlags(flags), propagation: MS_PRIVATE, inRoot: true };
}

function v1Ops({ destination: target, options, view }: CgroupMount): Op[] {
  const readonly = (options.flags & MS_RDONLY) !== 0;
  const tmpfs = options.flags & ~MS_RDONLY;
  return [
    makeMountPoint(target),
    { op: 'MOUNT', source: 'tmpfs', target, type: 'tmpfs', flags: tmpfs, data: 'mode=755', inRoot: true },
    ...view.hierarchies.flatMap((hierarchy) => hierarchyOps(target, hierarchy, { options, view })),
    ...(readonly ? [readonlyAttribute(target)] : []),
  ];
}

function hierarchyOps(
  parent: string,
  { name, data, path }: CgroupView['hierarchies'][number],
  { options, view }: { options: MountOptions; view: CgroupView },
): Op[] {
  const target = `${parent}/${name}`;
  const mount: Op = view.namespaced
    ? { op: 'MOUNT', source: 'cgroup', target, type: 'cgroup', flags: options.flags, data, inRoot: true }
    : bindOp(path, target, options.flags);
  // Controllers that are mounted together are found under each one's name as well.
  const links: Op[] = name.includes(',')
    ? name.split(',').map((one) => ({ op: 'SYMLINK', content: name, path: `${parent}/${one}`, inRoot: true }))
    : [];
  return [{ op: 'MKDIR', path: target, mode: 0o755, inRoot: true }, mount, ...links];
}

function bindFlags(flags: number): number {
  let bits = 0;
  if ((flags & MS_RDONLY) !== 0) bits |= BIND.rdonly;
  if ((flags & MS_NOSUID) !== 0) bits |= BIND.nosuid;
  if ((flags & MS_NODEV) !== 0) bits |= BIND.nodev;
  if ((flags & MS_NOEXEC) !== 0) bits |= BIND.noexec;
  return bits;
}
