// Whether overlay works on a directory's file system, found out by using it: mount one, delete a file through it, and see
// that the deletion holds. What is tried is undone in every case.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MNT_DETACH } from '../native/linux.ts';
import type { Op } from '../native/ops.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { backingName, OVERLAYFS_MAGIC } from './backing.ts';
import type { DriverParts } from './parts.ts';

/** Options that keep a layer's directory free of what only this mount understands; older kernels know fewer. */
const WANTED = ['index', 'redirect_dir', 'metacopy'] as const;
const PARAMETERS = '/sys/module/overlay/parameters';

/** Tries overlay in `home`, which exists. Returns the mount options to use; throws `unsupported` with what to do. */
export async function probeOverlay({ home, native, effects }: DriverParts): Promise<string[]> {
  const magic = native.fsMagic(home);
  if (magic === OVERLAYFS_MAGIC) throw unsupported(home, 'it is on an overlay file system itself');
  const directory = join(home, `.probe-${randomUUID()}`);
  const merged = join(directory, 'merged');
  const undo: Op[] = [
    { op: 'UMOUNT', target: merged, flags: MNT_DETACH, optional: true },
    { op: 'RMTREE', path: directory, tolerate: 2 },
  ];
  const entry = effects.record('daemon', 'mount', merged, undo);
  try {
    return await tryMount(native, directory);
  } catch (cause) {
    throw unsupported(home, `${messageOf(cause)}, on ${backingName(magic)}`, cause);
  } finally {
    await native.runPlan(undo);
    effects.forget(entry);
  }
}

async function tryMount(native: DriverParts['native'], directory: string): Promise<string[]> {
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(directory, name));
  if (lower === undefined || upper === undefined || work === undefined || merged === undefined) return [];
  await native.runPlan([directory, lower, upper, work, merged].map((path): Op => ({ op: 'MKDIR', path, mode: 0o700 })));
  await writeFile(join(lower, 'file'), '');
  const mount = (extra: readonly string[]): Op => ({
    op: 'MOUNT',
    source: 'overlay',
    target: merged,
    type: 'overlay',
    flags: 0,
    data: ['lowerdir=lower', 'upperdir=upper', 'workdir=work', ...extra].join(','),
  });
  // The first mount loads the kernel's module, only then its parameters can be seen.
  await native.runPlan([{ op: 'CHDIR', path: directory }, mount([]), { op: 'UMOUNT', target: merged, flags: 0 }]);
  const features = WANTED.filter((name) => existsSync(join(PARAMETERS, name))).map((name) => `${name}=off`);
  await native.runPlan([
    { op: 'CHDIR', path: directory },
    mount(features),
    { op: 'REMOVE', path: join(merged, 'file') },
  ]);
  // Without file types in directory entries overlay cannot tell its own whiteouts when it lists a directory.
  const listed = await readdir(merged);
  if (listed.length > 0) throw new Error('directory entries carry no file type (d_type)');
  return features;
}

function unsupported(home: string, reason: string, cause?: unknown): TskerError {
  return new TskerError('unsupported', `storage driver overlay does not work in ${home}: ${reason}`, {
    cause,
    hint: 'put --data-root on ext4, xfs or btrfs (in a container: on a volume), or use --storage-driver vfs',
  });
}
