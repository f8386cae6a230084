// openat(2) by way of /proc/self/fd: one name looked up in a directory that is held open, never through a link. What a
// container does to its tree meanwhile cannot lead these out of it.
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { O_PATH } from '../../native/linux.ts';

/** A directory held open; closed by its owner. */
export class Directory implements Disposable {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Follows links: for paths that the engine itself made. */
  static open(path: string): Directory | undefined {
    return openDirectory(path, 0);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }

  /** The name's own status, undefined when it is missing. */
  stat(name: string): Stats | undefined {
    try {
      return lstatSync(this.path(name), { throwIfNoEntry: false });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  enter(name: string): Directory | undefined {
    return openDirectory(this.path(name), constants.O_NOFOLLOW);
  }

  /** Opens a regular file for reading; undefined for anything else. A pipe put in its place does not block. */
  openFile(name: string): number | undefined {
    try {
      const fd = openSync(this.path(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      if (fstatSync(fd).isFile()) return fd;
      closeSync(fd);
      return undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  path(name: string): string {
    return `/proc/self/fd/${this.fd}/${name}`;
  }
}

function openDirectory(path: string, flags: number): Directory | undefined {
  try {
    return new Directory(openSync(path, O_PATH | constants.O_DIRECTORY | flags));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Gone, not what it was, or a link in its place. */
function isMissing(error: unknown): boolean {
  const codes = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'];
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
