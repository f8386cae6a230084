// The paths of cp by Docker's rules (docker/cli container/cp.go, moby archive/copy.go): which argument names a container,
// what a slash or a dot at the end asks for, where a copy lands and under which name. Pure.
import { posix } from 'node:path';
import { TskerError } from '../../util/errors.ts';

export interface CopyArgument {
  /** Undefined: a path of this machine. */
  readonly container: string | undefined;
  readonly path: string;
}

/** A colon after an absolute path or after one that begins with a dot belongs to the path. */
export function parseCopyArgument(text: string): CopyArgument {
  const colon = text.indexOf(':');
  if (text.startsWith('/') || text.startsWith('.') || colon < 0) return { container: undefined, path: text };
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}

const endsInSlash = (path: string): boolean => path.endsWith('/');
/** The content of a directory is meant. */
const endsInDot = (path: string): boolean => path === '' || (posix.basename(path) === '.' && !endsInSlash(path));

/** `clean` with the slash or dot that `original` ended in. */
export function keepEnding(clean: string, original: string): string {
  const dotted = endsInDot(original) && !endsInDot(clean) ? `${clean.replace(/\/$/, '')}/.` : clean;
  return endsInSlash(original) && !endsInSlash(dotted) ? `${dotted}/` : dotted;
}

/** Go's filepath.Clean. */
function clean(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '');
}

/** Go's filepath.Base: `/` for the root. */
function baseOf(path: string): string {
  return posix.basename(path) || '/';
}

/** A directory and the entry in it; `.` is an entry. */
export function splitEntry(path: string): { readonly directory: string; readonly base: string } {
  const cleaned = clean(path);
  if (endsInDot(path)) return { directory: cleaned, base: '.' };
  return { directory: posix.dirname(cleaned), base: baseOf(cleaned) };
}

/** Where a link leads to, from where it is. */
export function resolveLink(link: string, target: string): string {
  return target.startsWith('/') ? target : posix.join(splitEntry(link).directory, target);
}

export interface Followed {
  readonly path: string;
  /** What it is called all the same: the name of the link that led to it. */
  readonly name: string | undefined;
}

/** `resolved` in place of `path`, which it was found by. */
export function followedPath(path: string, resolved: string): Followed {
  const kept = keepEnding(resolved, path);
  return { path: kept, name: baseOf(path) === baseOf(kept) ? undefined : baseOf(path) };
}

export interface CopySource extends Followed {
  readonly isDirectory: boolean;
}

export interface CopyTarget {
  readonly path: string;
  readonly exists: boolean;
  readonly isDirectory: boolean;
}

export interface Placement {
  /** Where the archive is unpacked. */
  readonly directory: string;
  /** What its first entry is called there; undefined: what it is called already. */
  readonly name: string | undefined;
}

/** moby's PrepareArchiveCopy. Throws when source and target do not go together. */
export function placeCopy(source: CopySource, target: CopyTarget): Placement {
  if (target.exists && target.isDirectory) return { directory: target.path, name: source.name };
  if (target.exists && source.isDirectory) throw new TskerError('invalid', 'cannot copy directory');
  const asksForDirectory = endsInSlash(target.path) || endsInDot(target.path);
  if (!target.exists && !source.isDirectory && asksForDirectory) throw new TskerError('invalid', 'no such directory');
  const { directory, base } = splitEntry(target.path);
  return { directory, name: base };
}

/**
 * The name of an entry in an archive of `from`, with `to` in its place. Undefined for what is not of it: no honest daemon
 * sends that.
 */
export function renameEntry(name: string, from: string, to: string = from): string | undefined {
  if (from === '.' || from === '/') {
    const rest = name.replace(/^(\.?\/)+/, '').replace(/^\.$/, '');
    return to === from ? `./${rest}` : `${to}/${rest}`;
  }
  if (name !== from && !name.startsWith(`${from}/`)) return undefined;
  return `${to}${name.slice(from.length)}`;
}
