// /dev/shm of a container whose IPC others may join (--ipc shareable): a tmpfs on the host, which all of them bind. Those
// that keep their IPC for themselves have none; theirs is mounted inside.
import { ERRNO } from '../../native/errno.ts';
import { MNT_DETACH, MS_NODEV, MS_NOEXEC, MS_NOSUID } from '../../native/linux.ts';
import type { Native } from '../../native/native.ts';
import type { Effects } from '../../runtime/runtime.ts';

export interface SharedMemoryRequest {
  /** A directory of the engine's own. */
  readonly path: string;
  /** The same as the container sees it, and where it is mounted. */
  readonly mountPoint: string;
  /** Of the container's root. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Bytes. */
  readonly size: number;
  readonly effects: Effects;
}

/** Gone with the run; a container that has joined keeps what it has bound. */
export async function mountSharedMemory(
  native: Pick<Native, 'runPlan'>,
  { path, mountPoint, owner, size, effects }: SharedMemoryRequest,
): Promise<void> {
  effects.record('mount', mountPoint, [
    // A mount point that is none any more is EINVAL.
    { op: 'UMOUNT', target: mountPoint, flags: MNT_DETACH, tolerate: ERRNO.EINVAL, optional: true },
    { op: 'RMDIR', path, tolerate: ERRNO.ENOENT },
  ]);
  await native.runPlan([
    { op: 'MKDIR', path, mode: 0o700, tolerate: ERRNO.EEXIST },
    {
      op: 'MOUNT',
      source: 'shm',
      target: mountPoint,
      type: 'tmpfs',
      flags: MS_NOSUID | MS_NODEV | MS_NOEXEC,
      data: `mode=1777,size=${size},uid=${owner.uid},gid=${owner.gid}`,
    },
  ]);
}
