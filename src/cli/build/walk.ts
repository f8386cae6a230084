// The files of a build's context, in the order in which they are sent. What .dockerignore takes out is left out while
// walking: a directory in which nothing can be wanted is never entered.
import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import type { Directory, IgnoreMatcher } from '../../builder/ignore/matcher.ts';
import { TskerError } from '../../util/errors.ts';

/** Bytes where it is not UTF-8. */
export type Name = string | Buffer;

/** `other`: pipes and devices. */
export type ContextKind = 'directory' | 'file' | 'link' | 'other';

export interface ContextEntry {
  /** Relative to the context; a directory stands before what is in it. */
  readonly path: string;
  /** The same as it is on the disk, when that is not UTF-8: `path` is then for patterns and people only. */
  readonly bytes?: Buffer;
  readonly kind: ContextKind;
  readonly stats: Stats;
  /** Of a link. */
  readonly target: Name;
}

export interface WalkRequest {
  readonly directory: string;
  readonly matcher: IgnoreMatcher;
  /** Paths that are sent whatever the matcher says: the daemon needs them, and takes them out itself. */
  readonly always: ReadonlySet<string>;
}

/** Throws in Docker's words for what cannot be looked at. */
export function walkContext({ directory, matcher, always }: WalkRequest): ContextEntry[] {
  const entries: ContextEntry[] = [];
  const walk = (place: Place): void => {
    for (const name of namesIn(place.absolute)) visit(name, place);
  };
  const visit = (raw: Name, { absolute, prefix, bytes, rules, pending }: Place): void => {
    const name = String(raw);
    const inside = `${prefix}${name}`;
    const own = typeof raw === 'string' && bytes === undefined ? undefined : joinBytes(bytes ?? prefix, raw);
    const path =
      typeof raw === 'string' && typeof absolute === 'string' ? `${absolute}/${raw}` : joinBytes(absolute, '/', raw);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    // Vanished meanwhile; and a socket is nothing without its process.
    if (stats === undefined || stats.isSocket()) return;
    const take = (): void => {
      entries.push(...pending.splice(0), entryOf({ path, inside, bytes: own, stats }));
    };
    if (!stats.isDirectory()) {
      if (!rules.ignores(name) || always.has(inside)) take();
      return;
    }
    const { ignored, skip, directory: below } = rules.enter(name);
    const isNeeded = !ignored || hasBelow(always, inside);
    if (skip && !isNeeded) return;
    if (!ignored) take();
    const waiting = ignored ? [...pending, entryOf({ path, inside, bytes: own, stats })] : [];
    const before = entries.length;
    const bytesBelow = own === undefined ? undefined : joinBytes(own, '/');
    walk({ absolute: path, prefix: `${inside}/`, bytes: bytesBelow, rules: below, pending: waiting });
    // An ignored directory comes when something in it does, and with it those it is in.
    if (ignored && entries.length > before) pending.length = 0;
  };
  walk({ absolute: directory, prefix: '', bytes: undefined, rules: matcher.root, pending: [] });
  return entries;
}

interface Place {
  readonly absolute: Name;
  /** '' or ends in a slash. */
  readonly prefix: string;
  /** The same when it is not UTF-8. */
  readonly bytes: Buffer | undefined;
  readonly rules: Directory;
  /** Ignored directories above that have not been taken yet. */
  readonly pending: ContextEntry[];
}

/** Asked again for bytes only where a name has what Node puts in the place of bytes that are no text. */
function namesIn(directory: Name): Name[] {
  try {
    const names = readdirSync(directory).sort();
    if (!names.some((name) => name.includes('\ufffd'))) return names;
    return readdirSync(directory, { encoding: 'buffer' }).sort(Buffer.compare).map(textOf);
  } catch (error) {
    throw contextError(error, String(directory));
  }
}

function textOf(name: Buffer): Name {
  return isUtf8(name) ? name.toString() : name;
}

function joinBytes(...parts: readonly Name[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

interface Found {
  readonly path: Name;
  readonly inside: string;
  readonly bytes: Buffer | undefined;
  readonly stats: Stats;
}

function entryOf({ path, inside, bytes, stats }: Found): ContextEntry {
  const target = stats.isSymbolicLink() ? textOf(readlinkSync(path, { encoding: 'buffer' })) : '';
  return { path: inside, ...(bytes === undefined ? {} : { bytes }), kind: kindOf(stats), stats, target };
}

function kindOf(stats: Stats): ContextKind {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

function hasBelow(paths: ReadonlySet<string>, directory: string): boolean {
  for (const path of paths) if (path.startsWith(`${directory}/`)) return true;
  return false;
}

/** What went wrong with a path of the context, as Docker says it. */
export function contextError(error: unknown, path: string): TskerError {
  const { code, message } = error as NodeJS.ErrnoException;
  const said =
    code === 'EACCES' || code === 'EPERM'
      ? `error checking context: no permission to read from '${path}'`
      : `error checking context: can't stat '${path}': ${message}`;
  return new TskerError('invalid', said, { cause: error });
}
