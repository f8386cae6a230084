// The mount of a stopped container's root to write to, for the time of a copy. An overlay that is unmounted writes back all of the
// file system it lies on, whoever else's files they are, and a copy would wait for that. What is copied is to be as safe as what a
// running container writes, which is to say that the kernel writes it back in its own time. Pure.
import { resolve } from 'node:path';
import type { RootfsMount } from '../graphdriver/driver.ts';

export interface UnsyncedRootfs {
  readonly rootfs: RootfsMount;
  /** Its work directory, to be made, and to be removed after the mount. */
  readonly work: string;
}

/** mount(2) copies one page of options. */
const OPTIONS_MAX = 4095;

/**
 * Undefined when there is none. Overlay marks the work directory of a `volatile` mount, and no mount takes it again (kernel,
 * Documentation/filesystems/overlayfs.rst): it is one of its own, beside the layer's. An index lives in the layer's.
 */
export function unsyncedRootfs(rootfs: RootfsMount): UnsyncedRootfs | undefined {
  const { type, cwd = '/', options } = rootfs;
  const given = options.find((option) => option.startsWith('workdir='));
  if (type !== 'overlay' || given === undefined) return undefined;
  if (!options.includes('index=off') || options.includes('volatile')) return undefined;
  const own = `${given}-unsynced`;
  const changed = [...options.map((option) => (option === given ? own : option)), 'volatile'];
  if (Buffer.byteLength(changed.join(',')) > OPTIONS_MAX) return undefined;
  return { rootfs: { ...rootfs, options: changed }, work: resolve(cwd, own.slice('workdir='.length)) };
}
