// Mount options of the OCI runtime specification (config.md, "Mounts") as mount(2) flags, mount attributes,
// propagation and file system data. Pure; what it does not know is data for the file system, as in runc.
import {
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_BIND,
  MS_DIRSYNC,
  MS_LAZYTIME,
  MS_MANDLOCK,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SILENT,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_SYNCHRONOUS,
  MS_UNBINDABLE,
} from '../native/linux.ts';

export interface MountOptions {
  /** MS_*, MS_BIND and MS_REC included. */
  readonly flags: number;
  /** MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE, with MS_REC or not; 0: none asked for. */
  readonly propagation: number;
  /** MOUNT_ATTR_* for the mount and everything below it (`rro`, `rnosuid`, ...). */
  readonly recursiveSet: number;
  readonly recursiveClear: number;
  /** A tmpfs begins with what the directory below it holds. */
  readonly copyUp: boolean;
  /** For the file system, joined with commas. */
  readonly data: string;
}

const SET: Readonly<Record<string, number>> = {
  ro: MS_RDONLY,
  nosuid: MS_NOSUID,
  nodev: MS_NODEV,
  noexec: MS_NOEXEC,
  sync: MS_SYNCHRONOUS,
  remount: MS_REMOUNT,
  mand: MS_MANDLOCK,
  dirsync: MS_DIRSYNC,
  nosymfollow: MS_NOSYMFOLLOW,
  noatime: MS_NOATIME,
  nodiratime: MS_NODIRATIME,
  bind: MS_BIND,
  rbind: MS_BIND | MS_REC,
  silent: MS_SILENT,
  relatime: MS_RELATIME,
  strictatime: MS_STRICTATIME,
  lazytime: MS_LAZYTIME,
};

const CLEAR: Readonly<Record<string, number>> = {
  rw: MS_RDONLY,
  suid: MS_NOSUID,
  dev: MS_NODEV,
  exec: MS_NOEXEC,
  async: MS_SYNCHRONOUS,
  nomand: MS_MANDLOCK,
  symfollow: MS_NOSYMFOLLOW,
  atime: MS_NOATIME,
  diratime: MS_NODIRATIME,
  loud: MS_SILENT,
  norelatime: MS_RELATIME,
  nostrictatime: MS_STRICTATIME,
  nolazytime: MS_LAZYTIME,
  defaults: 0,
};

const PROPAGATION: Readonly<Record<string, number>> = {
  private: MS_PRIVATE,
  rprivate: MS_PRIVATE | MS_REC,
  shared: MS_SHARED,
  rshared: MS_SHARED | MS_REC,
  slave: MS_SLAVE,
  rslave: MS_SLAVE | MS_REC,
  unbindable: MS_UNBINDABLE,
  runbindable: MS_UNBINDABLE | MS_REC,
};

const RECURSIVE_SET: Readonly<Record<string, number>> = {
  rro: MOUNT_ATTR_RDONLY,
  rnosuid: MOUNT_ATTR_NOSUID,
  rnodev: MOUNT_ATTR_NODEV,
  rnoexec: MOUNT_ATTR_NOEXEC,
  rnodiratime: MOUNT_ATTR_NODIRATIME,
  rnoatime: MOUNT_ATTR_NOATIME,
  rstrictatime: MOUNT_ATTR_STRICTATIME,
  rnosymfollow: MOUNT_ATTR_NOSYMFOLLOW,
};

/** runc's own. */
const COPY_UP = 'tmpcopyup';

const RECURSIVE_CLEAR: Readonly<Record<string, number>> = {
  rrw: MOUNT_ATTR_RDONLY,
  rsuid: MOUNT_ATTR_NOSUID,
  rdev: MOUNT_ATTR_NODEV,
  rexec: MOUNT_ATTR_NOEXEC,
  rdiratime: MOUNT_ATTR_NODIRATIME,
  rsymfollow: MOUNT_ATTR_NOSYMFOLLOW,
};

/** All words that are no file system's own. */
export const MOUNT_OPTIONS: readonly string[] = [SET, CLEAR, PROPAGATION, RECURSIVE_SET, RECURSIVE_CLEAR]
  .flatMap((words) => Object.keys(words))
  .concat(COPY_UP)
  .sort();

/** Later options win over earlier ones, as in mount(8). */
export function parseMountOptions(options: readonly string[] = []): MountOptions {
  let flags = 0;
  let propagation = 0;
  let recursiveSet = 0;
  let recursiveClear = 0;
  let copyUp = false;
  const data: string[] = [];
  for (const option of options) {
    if (Object.hasOwn(SET, option)) flags |= SET[option] ?? 0;
    else if (option === COPY_UP) copyUp = true;
    else if (Object.hasOwn(CLEAR, option)) flags &= ~(CLEAR[option] ?? 0);
    else if (Object.hasOwn(PROPAGATION, option)) propagation = PROPAGATION[option] ?? 0;
    else if (Object.hasOwn(RECURSIVE_SET, option)) recursiveSet |= RECURSIVE_SET[option] ?? 0;
    else if (Object.hasOwn(RECURSIVE_CLEAR, option)) recursiveClear |= RECURSIVE_CLEAR[option] ?? 0;
    else if (option !== '') data.push(option);
  }
  return { flags, propagation, recursiveSet, recursiveClear, copyUp, data: data.join(',') };
}

/** `rslave` and the like as MS_* bits; undefined for another word. */
export function parsePropagation(word: string): number | undefined {
  return Object.hasOwn(PROPAGATION, word) ? PROPAGATION[word] : undefined;
}
