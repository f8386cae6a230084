// What every container needs to mount on, as the lowest layer of all (Docker's init layer): where the image has these files
// and directories itself they are hidden by its own, and where it has not, nothing has to be made in the writable layer, so
// that they are no change of the container's. One directory for all containers; nobody writes to it.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';

const DIRECTORIES = ['dev', 'etc', 'proc', 'sys'];
/** /.dockerenv is how programs tell that they are in a container. */
const FILES = ['.dockerenv', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];
const LINKS: readonly (readonly [path: string, content: string])[] = [['etc/mtab', '/proc/mounts']];

/** Makes what is missing; returns the directory. */
export function makeInitLayer(directory: string): string {
  for (const name of ['', ...DIRECTORIES]) mkdirSync(join(directory, name), { recursive: true, mode: 0o755 });
  for (const name of FILES) writeFileSync(join(directory, name), '', { mode: 0o755 });
  for (const [path, content] of LINKS) linkWhenMissing(join(directory, path), content);
  return directory;
}

function linkWhenMissing(path: string, content: string): void {
  try {
    symlinkSync(content, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Below all others; a root that is one directory (vfs) has no below. Pure. */
export function withInitLayer(rootfs: RootfsMount, directory: string): RootfsMount {
  if (rootfs.type !== 'overlay' || rootfs.cwd === undefined) return rootfs;
  // Relative: mount(2) copies one page of options, and a path may hold what overlay gives a meaning to.
  const lowest = relative(rootfs.cwd, directory);
  const options = rootfs.options.map((one) => (one.startsWith('lowerdir=') ? `${one}:${lowest}` : one));
  return { ...rootfs, options };
}
