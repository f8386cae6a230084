// The files of the host that networking reads and writes: a seam, so that a test's host is a namespace and not the machine.
import { readFileSync, writeFileSync } from 'node:fs';

export interface HostFiles {
  /** The text; empty when there is no such file. */
  read(path: string): string;
  write(path: string, text: string): void;
}

export const hostFiles: HostFiles = {
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  },
  write: (path, text) => writeFileSync(path, text),
};
