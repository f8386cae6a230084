// What has to be known or done about a root file system before a start: where it goes, that the kernel's own file systems
// are mounted where they seem to be, and the way round for user namespaces.
import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { ERRNO } from '../../native/errno.ts';
import { MNT_DETACH } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import { parseMountOptions } from '../mount-options.ts';
import type { RootCache } from '../rootfs/cache.ts';
import type { StartRequest } from '../runtime.ts';
import type { Spec } from '../spec.ts';
import type { RuntimeContext } from './context.ts';

/**
 * An image whose /proc is a link could have it changed between the mount and the masking of what is in it (runc's
 * CVE-2019-19921): it has to be a directory.
 */
export function checkKernelMounts(roots: RootCache, rootfs: RootfsMount, spec: Spec): void {
  for (const { destination, type } of spec.mounts) {
    if (type !== 'proc' && type !== 'sysfs') continue;
    const link = roots.get(rootfs, `link ${destination}`, (reader) => reader.lstat(destination)?.isSymbolicLink());
    if (link) throw new TskerError('invalid', `the image's ${destination} is a link: ${type} is not mounted there`);
  }
}

/** The mount that holds the mount point, when the spec shares mounts with the host. */
export function mountPointParent(spec: Spec, mountPoint: string): string | undefined {
  if (!/shared/.test(spec.linux.rootfsPropagation ?? '')) return undefined;
  return enclosingMount(readFileSync('/proc/self/mountinfo', 'utf8'), mountPoint);
}

/** The longest mount point of a mountinfo text that a path is in. */
export function enclosingMount(mountinfo: string, path: string): string {
  const target = `${normalize(path)}/`;
  let longest = '/';
  for (const line of mountinfo.split('\n')) {
    const mountPoint = line.split(' ')[4] ?? '/';
    if (mountPoint.length > longest.length && target.startsWith(`${mountPoint}/`)) longest = mountPoint;
  }
  return longest;
}

export interface PreparedRoot {
  readonly mount: RootfsMount;
  /** Takes it off the host again, once the container has its own mount of it. */
  release(): Promise<void>;
}

/**
 * The root of a user namespace may not mount an overlay whose layers are the host's. The daemon mounts it for a moment,
 * and the container binds it.
 */
export async function rootForUserNamespace(context: RuntimeContext, request: StartRequest): Promise<PreparedRoot> {
  const { rootfs, id, effects } = request;
  if (rootfs.type === 'bind') return { mount: rootfs, release: () => Promise.resolve() };
  const path = join(normalize(`${context.mountPoint}/..`), `userns-${id}`);
  const undo: Op[] = [
    // Detached when its last user goes; a mount point that is none any more is EINVAL.
    { op: 'UMOUNT', target: path, flags: MNT_DETACH, tolerate: ERRNO.EINVAL, optional: true },
    { op: 'RMDIR', path, tolerate: ERRNO.ENOENT },
  ];
  effects.record('mount', path, undo);
  const { flags, data } = parseMountOptions(rootfs.options);
  await context.native.runPlan([
    { op: 'MKDIR', path, mode: 0o755, tolerate: ERRNO.EEXIST },
    ...(rootfs.owner === undefined ? [] : [{ op: 'FSUSER', ...rootfs.owner } as const]),
    ...(rootfs.cwd === undefined ? [] : [{ op: 'CHDIR', path: rootfs.cwd } as const]),
    { op: 'MOUNT', source: rootfs.source, target: path, type: rootfs.type, flags, data },
    // The worker must not keep the driver's directory busy.
    { op: 'CHDIR', path: '/' },
  ]);
  return { mount: { type: 'bind', source: path, options: [] }, release: () => context.native.runPlan(undo) };
}
