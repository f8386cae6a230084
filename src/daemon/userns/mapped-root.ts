// A second view of the data root for containers with mapped ids: an idmapped mount, in which the files of layers, of root on
// the disk, belong to the root of the containers. So all containers share their layers, mapped or not, and nothing is
// copied or chowned; Docker keeps a second root directory for it.
import { mkdirSync, statSync, writeSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { SLOT } from '../../native/abi.ts';
import { ERRNO } from '../../native/errno.ts';
import { CLONE_NEWUSER, MNT_DETACH, O_RDWR } from '../../native/linux.ts';
import { type Native, PlanError } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { writeMaps } from '../../runtime/inprocess/userns.ts';
import type { Ledger } from '../../store/ledger.ts';
import { TskerError } from '../../util/errors.ts';
import type { RemapMaps } from './remap.ts';

export interface MappedRootRequest {
  readonly native: Native;
  readonly ledger: Pick<Ledger, 'record'>;
  /** What is shown. */
  readonly root: string;
  /** Directories below it that may be mounts of their own. */
  readonly parts: readonly string[];
  /** Where it is shown; made. */
  readonly target: string;
  readonly maps: RemapMaps;
}

/** Throws `unsupported` when the kernel or the file system cannot do it. It is undone with the daemon. */
export async function mountMappedRoot(request: MappedRootRequest): Promise<void> {
  const { native, ledger, root, parts, target } = request;
  requireSearchable(target);
  mkdirSync(target, { recursive: true, mode: 0o711 });
  const device = statSync(root).dev;
  const own = parts.filter((part) => statSync(part).dev !== device);
  const mounts = [root, ...own].map((source) => ({ source, target: join(target, relative(root, source)) }));
  ledger.record('daemon', 'mount', target, [
    ...mounts
      .toReversed()
      .map((mount): Op => ({ op: 'UMOUNT', target: mount.target, flags: MNT_DETACH, optional: true })),
    { op: 'RMDIR', path: target, tolerate: ERRNO.ENOENT },
  ]);
  await withUserNamespace(native, request.maps, (userns) =>
    native.runPlan(mounts.map((mount): Op => ({ op: 'IDMAP', ...mount, userns }))),
  ).catch((error: unknown) => {
    throw error instanceof PlanError ? unsupported(root, error) : error;
  });
}

function unsupported(root: string, cause: PlanError): TskerError {
  return new TskerError(
    'unsupported',
    `--userns-remap: the owners of files in ${root} cannot be mapped: ${cause.message}`,
    {
      hint: 'it takes Linux 5.19 and a data root on ext4, xfs or btrfs',
      cause,
    },
  );
}

/** The root of the containers has to find its files: Docker says the same of its data root. */
function requireSearchable(target: string): void {
  for (let path = dirname(target); path !== '/'; path = dirname(path)) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && (stats.mode & 0o001) === 0) {
      throw new TskerError(
        'invalid',
        `a subdirectory in your exec-root path (${path}) restricts access to the remapped root uid/gid; please fix by allowing 'o+x' permissions on existing directories`,
      );
    }
  }
}

/** A process that only waits holds the namespace for as long as `use` takes. */
async function withUserNamespace<T>(native: Native, maps: RemapMaps, use: (path: string) => Promise<T>): Promise<T> {
  const none = native.open('/dev/null', O_RDWR);
  const pipe = native.pipe();
  try {
    const holder = native.spawn({
      cloneFlags: CLONE_NEWUSER,
      fds: [none, none, none, pipe.read],
      plan: [{ op: 'WAIT', slot: SLOT.first }],
    });
    try {
      writeMaps(holder.pid, maps);
      return await use(`/proc/${holder.pid}/ns/user`);
    } finally {
      writeSync(pipe.write, Buffer.of(1));
      await holder.exited;
    }
  } finally {
    for (const fd of [none, pipe.read, pipe.write]) native.close(fd);
  }
}
