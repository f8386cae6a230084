// The side of cp that is on this machine: what a source is, what a target is, and which of them cannot be. It copies nothing.
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { messageOf, TskerError } from '../../util/errors.ts';
import { type CopySource, type CopyTarget, followedPath, keepEnding, resolveLink, splitEntry } from './paths.ts';

/** Absolute, with the end it was written with. */
export function absolutePath(path: string): string {
  return keepEnding(resolve(path), path);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EACCES: 'permission denied',
  ELOOP: 'too many levels of symbolic links',
};

/** Runs a call on a path; throws in Docker's words. */
function named<T>(call: string, path: string, act: (path: string) => T): T {
  try {
    return act(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new TskerError('invalid', `${call} ${path}: ${REASONS[code] ?? messageOf(cause)}`, { cause });
  }
}

/** `path` is absolute. A link is itself, unless it is to be followed or has a slash behind it. */
export function describeSource(path: string, { follow }: { readonly follow: boolean }): CopySource {
  const split = path.lastIndexOf('/') + 1;
  const real = (one: string): string => named('lstat', one, (link) => realpathSync(link));
  const parent = follow ? '' : real(path.slice(0, split)).replace(/\/$/, '');
  const found = follow ? followedPath(path, real(path)) : { path: `${parent}/${path.slice(split)}`, name: undefined };
  const name = !follow && path.endsWith('/') ? followedPath(path, found.path).name : found.name;
  return { path: found.path, name, isDirectory: named('lstat', found.path, (one) => lstatSync(one)).isDirectory() };
}

const MAX_LINKS = 10;

/** `path` is absolute. Of what does not exist, the directory it would be in has to. */
export function describeTarget(path: string): CopyTarget {
  let at = path;
  let stats = lstat(at);
  for (let links = 0; stats?.isSymbolicLink() === true; links += 1) {
    if (links > MAX_LINKS) throw new TskerError('invalid', `too many symlinks in "${path}"`);
    at = resolveLink(at, readlinkSync(at));
    stats = lstat(at);
  }
  if (stats !== undefined) return { path: at, exists: true, isDirectory: stats.isDirectory() };
  const { directory } = splitEntry(at);
  if (!named('stat', directory, (one) => statSync(one)).isDirectory())
    throw new TskerError('invalid', 'not a directory');
  return { path: at, exists: false, isDirectory: false };
}

function lstat(path: string): Stats | undefined {
  return named('lstat', path, (one) => lstatSync(one, { throwIfNoEntry: false }));
}

/** Before anything is asked of the daemon. */
export function checkTarget(path: string): void {
  const directory = posix.dirname(posix.normalize(path).replace(/(?<=.)\/$/, ''));
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) {
    throw new TskerError('invalid', `invalid output path: directory ${JSON.stringify(directory)} does not exist`);
  }
  const stats = named('stat', path, (one) => statSync(one, { throwIfNoEntry: false }));
  if (stats?.isCharacterDevice() === true || stats?.isBlockDevice() === true) {
    const what = `invalid output path: ${JSON.stringify(path)} must be a directory or a regular file`;
    throw new TskerError('invalid', `${what}: got a device`);
  }
}
