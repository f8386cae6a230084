// Directories that an option names, made with the parents they lack. Node's own recursive mkdir tells of a read-only
// file system as ENOENT and never returns below /proc.
import { mkdirSync, statSync } from 'node:fs';
import { TskerError } from './errors.ts';

/** Makes `path` (absolute) and its parents with `mode`; what exists stays as it is. Throws `invalid`, naming `what`. */
export function makeDirectories(what: string, path: string, mode: number): void {
  let at = '';
  for (const component of path.split('/').filter(Boolean)) {
    at += `/${component}`;
    makeOne({ what, path, at, mode });
  }
}

function makeOne({ what, path, at, mode }: { what: string; path: string; at: string; mode: number }): void {
  try {
    mkdirSync(at, { mode });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // The system tells what it cannot make before it tells what is there (EROFS on a read-only file system).
    if (statSync(at, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const reason = code === 'EEXIST' ? 'it is there and is no directory' : (code ?? String(cause));
    throw new TskerError('invalid', `${what} ${path}: cannot make the directory ${at}: ${reason}`, { cause });
  }
}
