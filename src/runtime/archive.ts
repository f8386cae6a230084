// The root of a running container as the container sees it, for archives: taken by a pidfd from its mount namespace, so
// that it is that process's and no other's. Nothing runs in the container for it.
import type { Native, Spawned } from '../native/native.ts';
import { TskerError } from '../util/errors.ts';

export interface ProcessRootOptions {
  readonly process: Pick<Spawned, 'pid' | 'pidfd'>;
  /** With volumes, tmpfs and all else mounted below it; without, what `docker export` wants: the container's own files. */
  readonly mounts: boolean;
  readonly readOnly: boolean;
}

/** A directory for the functions of layer/archive.ts. It stays what it is when the container ends meanwhile. */
export interface ProcessRoot {
  readonly fd: number;
  close(): Promise<void>;
}

/** Throws TskerError `conflict` when the process has ended. */
export async function openProcessRoot(
  native: Pick<Native, 'openView' | 'closeLater'>,
  { process, mounts, readOnly }: ProcessRootOptions,
): Promise<ProcessRoot> {
  if (process.pidfd < 0) throw ended(process.pid);
  try {
    const fd = await native.openView({ source: { pidfd: process.pidfd }, mounts, readOnly });
    return { fd, close: () => native.closeLater(fd) };
  } catch (error) {
    if (error instanceof TskerError && error.errno === 'ESRCH') throw ended(process.pid, error);
    throw error;
  }
}

function ended(pid: number, cause?: unknown): TskerError {
  return new TskerError('conflict', `process ${pid} has ended`, cause === undefined ? {} : { cause });
}
