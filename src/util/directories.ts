// Directories that an option names, made with the parents they lack. Node's own recursive mkdir tells of a read-only
// file system as ENOENT and never returns below /proc.
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { TskerError } from './errors.ts';

/** Makes `path` (absolute) and its parents with `mode`; what exists stays as it is. Throws `invalid`, naming `what`. */
export function makeDirectories(what: string, path: string, mode: number): void {
  let at = '';
  for (const component of path.split('/').filter(Boolean)) {
    at += `/${component}`;
    makeOne({ what, path, at, mode });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'what is above it is no directory',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
};

function whatIsThere(path: string): string {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? 'it is a link whose target does not exist' : 'it is there and is no directory';
}

function makeOne({ what, path, at, mode }: { what: string; path: string; at: string; mode: number }): void {
  try {
    mkdirSync(at, { mode });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // The system tells what it cannot make before it tells what is there (EROFS on a read-only file system).
    if (statSync(at, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const reason = code === 'EEXIST' ? whatIsThere(at) : (REASONS[code ?? ''] ?? code ?? String(cause));
    throw new TskerError('invalid', `${what} ${path}: cannot make the directory ${at}: ${reason}`, { cause });
  }
}
