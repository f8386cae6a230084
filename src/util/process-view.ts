// What paths mean to a process, in a word: two that have the same one see the same files, and root reads the same of them.
import { closeSync, constants, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/**
 * The kernel it runs on (namespaces and file systems of other machines, or of a copy of this one, have the same numbers), its mount
 * namespace, the user namespace that its rights are those of, and its root: the mount and the directory in it.
 */
export function processView(): string {
  const kernel = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const { dev, ino } = statSync('/', { bigint: true });
  const namespaces = [readlinkSync('/proc/self/ns/mnt'), readlinkSync('/proc/self/ns/user')];
  return [kernel, ...namespaces, rootMount(), dev, ino].join(' ');
}

/** proc_pid_fdinfo(5). */
function rootMount(): string {
  const fd = openSync('/', constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '';
  } finally {
    closeSync(fd);
  }
}
