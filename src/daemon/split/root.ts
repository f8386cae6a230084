// A container's root file system on the host, where an OCI runtime looks for it.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { ERRNO } from '../../native/errno.ts';
import { MNT_DETACH } from '../../native/linux.ts';
import type { Native } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { parseMountOptions } from '../../runtime/mount-options.ts';
import type { Effects } from '../../runtime/runtime.ts';

export interface RootRequest {
  readonly rootfs: RootfsMount;
  /** The task's. */
  readonly directory: string;
  readonly effects: Effects;
}

/** Its path, without links: runtimes refuse a root that is reached by one. A directory that needs no mount is its own. */
export async function mountRoot(
  native: Pick<Native, 'runPlan'>,
  { rootfs, directory, effects }: RootRequest,
): Promise<string> {
  if (rootfs.type === 'bind') return realpathSync(rootfs.source);
  const path = join(directory, 'rootfs');
  const undo: Op[] = [
    { op: 'UMOUNT', target: path, flags: MNT_DETACH, tolerate: ERRNO.EINVAL, optional: true },
    { op: 'RMDIR', path, tolerate: ERRNO.ENOENT },
  ];
  effects.record('mount', path, undo);
  const { flags, data } = parseMountOptions(rootfs.options);
  await native.runPlan([
    { op: 'MKDIR', path, mode: 0o755, tolerate: ERRNO.EEXIST },
    ...(rootfs.owner === undefined ? [] : [{ op: 'FSUSER', ...rootfs.owner } as const]),
    ...(rootfs.cwd === undefined ? [] : [{ op: 'CHDIR', path: rootfs.cwd } as const]),
    { op: 'MOUNT', source: rootfs.source, target: path, type: rootfs.type, flags, data },
    // The worker must not keep the driver's directory busy.
    { op: 'CHDIR', path: '/' },
  ]);
  return realpathSync(path);
}
