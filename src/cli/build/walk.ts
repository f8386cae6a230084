// The files of a build's context, in the order in which they are sent. What .dockerignore takes out is left out while
// walking: a directory in which nothing can be wanted is never entered.
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import type { Directory, IgnoreMatcher } from '../../builder/ignore/matcher.ts';
import { TskerError } from '../../util/errors.ts';

/** `other`: pipes and devices. */
export type ContextKind = 'directory' | 'file' | 'link' | 'other';

export interface ContextEntry {
  /** Relative to the context; a directory stands before what is in it. */
  readonly path: string;
  readonly kind: ContextKind;
  readonly stats: Stats;
  /** Of a link. */
  readonly target: string;
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
  const visit = (name: string, { absolute, prefix, rules, pending }: Place): void => {
    const [path, inside] = [`${absolute}/${name}`, `${prefix}${name}`];
    const stats = lstatSync(path, { throwIfNoEntry: false });
    // Vanished meanwhile; and a socket is nothing without its process.
    if (stats === undefined || stats.isSocket()) return;
    const take = (): void => {
      entries.push(...pending.splice(0), entryOf({ path, inside, stats }));
    };
    if (!stats.isDirectory()) {
      if (!rules.ignores(name) || always.has(inside)) take();
      return;
    }
    const { ignored, skip, directory: below } = rules.enter(name);
    const isNeeded = !ignored || hasBelow(always, inside);
    if (skip && !isNeeded) return;
    if (!ignored) take();
    const waiting = ignored ? [...pending, entryOf({ path, inside, stats })] : [];
    const before = entries.length;
    walk({ absolute: path, prefix: `${inside}/`, rules: below, pending: waiting });
    // An ignored directory comes when something in it does, and with it those it is in.
    if (ignored && entries.length > before) pending.length = 0;
  };
  walk({ absolute: directory, prefix: '', rules: matcher.root, pending: [] });
  return entries;
}

interface Place {
  readonly absolute: string;
  /** '' or ends in a slash. */
  readonly prefix: string;
  readonly rules: Directory;
  /** Ignored directories above that have not been taken yet. */
  readonly pending: ContextEntry[];
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    throw contextError(error, directory);
  }
}

function entryOf({ path, inside, stats }: { path: string; inside: string; stats: Stats }): ContextEntry {
  const target = stats.isSymbolicLink() ? readlinkSync(path) : '';
  return { path: inside, kind: kindOf(stats), stats, target };
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
