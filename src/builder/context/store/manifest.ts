// What a client's context consists of, as it says itself: every path with a signature of its state. Two equal signatures
// of a path mean that it did not change between. Validated at the edge; pure.
import { TskerError } from '../../../util/errors.ts';
import { inTurns } from '../../../util/in-turns.ts';

/** `d` directory, `f` file, `l` link, `o` anything else. */
export type EntryKind = 'd' | 'f' | 'l' | 'o';

export interface ManifestEntry {
  /** Relative, clean; a directory stands before what is in it. */
  readonly path: string;
  readonly kind: EntryKind;
  /** '': changed too lately to be trusted, so it is to be sent the next time as well. */
  readonly signature: string;
}

export interface Manifest {
  /** The client's directory and what it takes of it. */
  readonly key: string;
  readonly entries: readonly ManifestEntry[];
}

const MAX_KEY = 8192;
const MAX_SIGNATURE = 512;

/** Throws `invalid`. The client then sends its context whole. */
export async function parseManifest(document: unknown): Promise<Manifest> {
  const { key, entries }: { readonly key?: unknown; readonly entries?: unknown } = document ?? {};
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY) throw invalid('key');
  if (!Array.isArray(entries)) throw invalid('entries');
  const directories = new Set(['']);
  const seen = new Set<string>();
  const parsed: ManifestEntry[] = [];
  await inTurns<unknown>(entries, (entry) => void parsed.push(parseEntry(entry, { directories, seen })));
  return { key, entries: parsed };
}

interface Seen {
  readonly directories: Set<string>;
  readonly seen: Set<string>;
}

function parseEntry(entry: unknown, { directories, seen }: Seen): ManifestEntry {
  const [path, kind, signature]: readonly unknown[] = Array.isArray(entry) ? entry : [];
  if (typeof path !== 'string' || typeof signature !== 'string' || !isKind(kind)) throw invalid('entries');
  const slash = path.lastIndexOf('/');
  const [parent, name] = [slash < 0 ? '' : path.slice(0, slash), path.slice(slash + 1)];
  // `.wh.` is how paths are taken out of a tree: a file of that name could not be.
  const isBad =
    path.startsWith('/') ||
    name === '' ||
    name === '.' ||
    name === '..' ||
    name.startsWith('.wh.') ||
    path.includes('\0');
  if (isBad || !directories.has(parent) || seen.has(path) || signature.length > MAX_SIGNATURE) throw invalid(path);
  seen.add(path);
  if (kind === 'd') directories.add(path);
  return { path, kind, signature };
}

function isKind(kind: unknown): kind is EntryKind {
  return typeof kind === 'string' && /^[dflo]$/.test(kind);
}

function invalid(what: string): TskerError {
  return new TskerError('invalid', `invalid manifest of a build context: ${what}`);
}

export interface Difference {
  /** Numbers of the entries that the client is to send, ascending. */
  readonly missing: readonly number[];
  /** Paths to be taken out first: gone, or about to come anew. What is in a directory that goes is not named. */
  readonly gone: readonly string[];
}

/**
 * What brings a tree that is as `known` says to what `entries` say. The directories of everything that comes or goes come as
 * well: changing what is in one changes its time.
 */
export function compareManifests(known: readonly ManifestEntry[], entries: readonly ManifestEntry[]): Difference {
  const before = new Map(known.map((entry) => [entry.path, entry]));
  const numbers = new Map(entries.map(({ path }, number) => [path, number]));
  const missing = new Set<number>();
  const gone: string[] = [];
  const touch = (path: string): void => {
    for (let at = parentOf(path); at !== ''; at = parentOf(at)) {
      const number = numbers.get(at);
      if (number !== undefined) missing.add(number);
    }
  };
  const leaving = new Set<string>();
  const leave = (path: string): void => {
    leaving.add(path);
    if (!leaving.has(parentOf(path))) gone.push(path);
    touch(path);
  };
  for (const { path, kind } of known) {
    const number = numbers.get(path);
    if (number === undefined || entries[number]?.kind !== kind || leaving.has(parentOf(path))) leave(path);
  }
  for (const [number, { path, kind, signature }] of entries.entries()) {
    const old = before.get(path);
    const isKnown = old !== undefined && old.signature === signature && signature !== '' && !leaving.has(path);
    if (isKnown) continue;
    missing.add(number);
    if (old === undefined || kind !== 'd') touch(path);
  }
  return { missing: [...missing].sort((a, b) => a - b), gone };
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
