// Whether overlay works on a directory's file system, found out by using it: mount one, delete a file through it, and see
// that the deletion holds. What is tried is undone in every case.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MNT_DETACH } from '../native/linux.ts';
import type { Op } from '../native/ops.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { backingName, OVERLAYFS_MAGIC } from './backing.ts';
import type { DriverParts } from './parts.ts';

/** Options that keep a layer's directory free of what only this mount understands; older kernels know fewer. */
const WANTED = ['index', 'redirect_dir', 'metacopy'] as const;
const PARAMETERS = '/sys/module/overlay/parameters';

export interface OverlayFacts {
  /** The mount options to use. */
  readonly features: readonly string[];
  /** False where mounts leave renamed directories as references to others: an upper directory alone is then no layer. */
  readonly redirects: boolean;
  /** True where mounts leave files as metadata with their content elsewhere. */
  readonly metacopy: boolean;
}

/** Tries overlay in `home`, which exists, with the options that the user adds. Throws `unsupported` with what to do. */
export async function probeOverlay(
  { home, native, effects }: DriverParts,
  added: readonly string[] = [],
): Promise<OverlayFacts> {
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
    return await tryMount(native, directory, added);
  } catch (cause) {
    if (isFull(cause)) throw noRoom(home, cause);
    throw unsupported(home, `${messageOf(cause)}, on ${backingName(magic)}`, cause);
  } finally {
    await native.runPlan(undo);
    effects.forget(entry);
  }
}

async function tryMount(
  native: DriverParts['native'],
  directory: string,
  added: readonly string[],
): Promise<OverlayFacts> {
  const at = (name: string): string => join(directory, name);
  const merged = at('merged');
  const directories = [directory, ...['lower', 'lower/moved', 'upper', 'work', 'merged'].map(at)];
  await native.runPlan(directories.map((path): Op => ({ op: 'MKDIR', path, mode: 0o700 })));
  for (const name of ['file', 'touched']) await writeFile(join(at('lower'), name), 'content');
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
  const off = WANTED.filter((name) => existsSync(join(PARAMETERS, name))).map((name) => `${name}=off`);
  const features = [...off.filter((option) => !added.some((one) => sameOption(one, option))), ...added];
  await native.runPlan([
    { op: 'CHDIR', path: directory },
    mount(features),
    { op: 'REMOVE', path: join(merged, 'file') },
    { op: 'CHMOD', path: join(merged, 'touched'), mode: 0o600 },
  ]);
  // Without file types in directory entries overlay cannot tell its own whiteouts when it lists a directory.
  const listed = await readdir(merged);
  if (listed.includes('file')) throw new Error('directory entries carry no file type (d_type)');
  return { features, redirects: await renames(join(merged, 'moved')), metacopy: await isHollow(at('upper/touched')) };
}

function sameOption(one: string, other: string): boolean {
  return one.split('=')[0] === other.split('=')[0];
}

/** Without redirects overlay renames no directory of a lower layer: EXDEV, and mv(1) copies it. */
async function renames(path: string): Promise<boolean> {
  try {
    await rename(path, `${path}-away`);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EXDEV') return false;
    throw error;
  }
}

/** A metacopy has the size of its content and none of it. */
async function isHollow(path: string): Promise<boolean> {
  return (await readFile(path, 'utf8')) !== 'content';
}

function unsupported(home: string, reason: string, cause?: unknown): TskerError {
  return new TskerError('unsupported', `storage driver overlay does not work in ${home}: ${reason}`, {
    cause,
    hint: 'put --data-root on ext4, xfs or btrfs (in a container: on a volume), or use --storage-driver vfs',
  });
}

/** That it works cannot be found out, and not that it does not. */
function noRoom(home: string, cause: unknown): TskerError {
  return new TskerError('no_space', `cannot try the storage driver overlay in ${home}: no space left on device`, {
    cause,
    hint: 'free some space on its file system',
  });
}

function isFull(error: unknown): boolean {
  if (error instanceof TskerError) return error.code === 'no_space' || error.errno === 'ENOSPC';
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
