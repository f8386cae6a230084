// The root of a container that does not run, to take archives from and put them into: its layers mounted where nobody else
// sees it, and gone when it is closed. Of a running one: runtime/archive.ts.
import type { RootfsMount } from '../graphdriver/driver.ts';
import { BIND } from '../native/abi.ts';
import { MS_RDONLY } from '../native/linux.ts';
import { type Native, PlanError } from '../native/native.ts';
import type { Op } from '../native/ops.ts';
import { type UnsyncedRootfs, unsyncedRootfs } from './unsynced-rootfs.ts';

export interface Root {
  /** A directory, for packTree, openPath and placeTree. */
  readonly fd: number;
  /** Unmounts it, which may write back what was placed. */
  close(): Promise<void>;
}

/** A volume or bind mount of the container; its target is looked up inside the root. */
export interface RootBind {
  readonly source: string;
  readonly target: string;
  readonly kind: 'directory' | 'file';
  readonly readOnly?: boolean;
}

export interface LayerRootOptions {
  readonly rootfs: RootfsMount;
  /** To take out of: any number at once, and the layer's directories stay as they are. To put into: only one, and the
   * container must not start meanwhile. */
  readonly readOnly: boolean;
  readonly binds?: readonly RootBind[];
}

type Mounter = Pick<Native, 'openView' | 'closeLater' | 'runPlan'>;

export async function openLayerRoot(native: Mounter, options: LayerRootOptions): Promise<Root> {
  const unsynced = options.readOnly ? undefined : unsyncedRootfs(options.rootfs);
  const root = unsynced === undefined ? undefined : await openUnsynced(native, options, unsynced);
  return root ?? (await openView(native, options));
}

async function openView(native: Mounter, options: LayerRootOptions): Promise<Root> {
  const { readOnly } = options;
  const fd = await native.openView({ source: { plan: planLayerRoot(options) }, mounts: true, readOnly });
  return { fd, close: () => native.closeLater(fd) };
}

/** Undefined when the kernel knows no such mounts (before 5.10). */
async function openUnsynced(
  native: Mounter,
  options: LayerRootOptions,
  { rootfs, work }: UnsyncedRootfs,
): Promise<Root | undefined> {
  const remove: Op[] = [...ownerOps(rootfs), { op: 'RMTREE', path: work, tolerate: ENOENT }];
  // What is there is left of a daemon that was killed, and no mount takes it again.
  await native.runPlan([...remove, { op: 'MKDIR', path: work, mode: 0o700 }]);
  try {
    const { fd, close } = await openView(native, { ...options, rootfs });
    return { fd, close: () => close().finally(() => native.runPlan(remove)) };
  } catch (error) {
    await native.runPlan(remove);
    if (error instanceof PlanError && error.op?.op === 'MOUNT' && error.errno === EINVAL) return undefined;
    throw error;
  }
}

const ENOENT = 2;
const EINVAL = 22;

/** Where a mount goes that no driver names a directory for; covered in the mount namespace of the plan only. */
const ANYWHERE = '/sys';

export function planLayerRoot({ rootfs, readOnly, binds = [] }: LayerRootOptions): Op[] {
  return [
    ...ownerOps(rootfs),
    ...mountOps(readOnly ? readOnlyRootfs(rootfs) : rootfs),
    ...binds.flatMap((bind) => bindOps(bind, readOnly)),
  ];
}

function ownerOps({ owner }: RootfsMount): Op[] {
  return owner === undefined ? [] : [{ op: 'FSUSER', ...owner }];
}

function mountOps({ type, source, cwd, options }: RootfsMount): Op[] {
  if (type === 'bind') return [{ op: 'ROOT', path: source }];
  const path = cwd ?? ANYWHERE;
  const flags = options.includes('ro') ? MS_RDONLY : 0;
  const data = options.filter((option) => option !== 'ro' && option !== 'rw').join(',');
  return [
    { op: 'CHDIR', path },
    { op: 'MOUNT', source, target: path, type, flags, data },
    { op: 'ROOT', path },
  ];
}

/**
 * A writable overlay as a read-only one, its upper directory on top of the others: it uses no work directory, so it may be
 * mounted any number of times, whoever else has it mounted.
 */
export function readOnlyRootfs(rootfs: RootfsMount): RootfsMount {
  const upper = optionValue(rootfs.options, 'upperdir');
  if (rootfs.type !== 'overlay' || upper === undefined) return rootfs;
  const lower = optionValue(rootfs.options, 'lowerdir');
  const rest = rootfs.options.filter((option) => !/^(ro|rw|volatile|(upper|work|lower)dir=.*)$/.test(option));
  return { ...rootfs, options: ['ro', `lowerdir=${lower === undefined ? upper : `${upper}:${lower}`}`, ...rest] };
}

function optionValue(options: readonly string[], name: string): string | undefined {
  return options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** In a root that cannot be written to, a mount whose target does not exist is left out: nothing is there to be seen. */
function bindOps({ source, target, kind, readOnly = false }: RootBind, rootReadOnly: boolean): Op[] {
  const make: Op =
    kind === 'directory'
      ? { op: 'MKDIRS', path: target, mode: 0o755, inRoot: true }
      : { op: 'MKFILE', path: target, mode: 0o644, inRoot: true };
  const flags = BIND.rec | (readOnly ? BIND.rdonly : 0);
  const bind = { op: 'BIND', source, target, flags, propagation: 0, inRoot: true } as const;
  return rootReadOnly ? [{ ...bind, optional: true }] : [make, bind];
}
