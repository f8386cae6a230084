// Looks at files of a container's root file system without mounting it: walks the overlay's directories as the kernel
// would (upper first, whiteouts, opaque directories), resolving links inside the root. For small files before a start
// (passwd, group) and for saying why a start failed; it writes nothing.
import { closeSync, fstatSync, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { Directory } from './directory.ts';
import { stackOf } from './stack.ts';

/** Whether overlay shows nothing of the layers below a directory (`trusted.overlay.opaque`); Node cannot read it. */
export type IsOpaque = (path: string) => boolean;

export interface Found {
  /** Inside the root, links resolved. */
  readonly path: string;
  readonly stats: Stats;
}

const MAX_LINKS = 40;

/** The directories of one merged directory, from the top. */
type Merged = readonly Directory[];

interface Step {
  readonly merged: Merged;
  readonly path: string;
}

export class RootReader implements Disposable {
  readonly #root: Merged;
  readonly #isOpaque: IsOpaque;
  readonly #open: Directory[] = [];
  readonly #touched = new Set<string>();

  /** Dispose of it: it holds directories open. */
  constructor(rootfs: RootfsMount, isOpaque: IsOpaque = () => false) {
    const { upper, lowers } = stackOf(rootfs);
    this.#isOpaque = isOpaque;
    this.#root = [...(upper === undefined ? [] : [upper]), ...lowers].flatMap((path) => {
      const directory = Directory.open(path);
      return directory === undefined ? [] : [this.#keep(directory)];
    });
  }

  [Symbol.dispose](): void {
    for (const directory of this.#open.splice(0)) directory[Symbol.dispose]();
  }

  /** What a path leads to, undefined when it leads nowhere. */
  stat(path: string): Found | undefined {
    return this.#walk(path, (found) => found);
  }

  /** The path's own entry, whose last component may be a link. */
  lstat(path: string): Stats | undefined {
    const at = path.lastIndexOf('/');
    const parent = this.#directory(path.slice(0, at) || '/');
    return parent === undefined ? undefined : this.#lookup(parent.merged, path.slice(at + 1))?.stats;
  }

  /** Where a link leads, in its own words; undefined when there is none. */
  readLink(path: string): string | undefined {
    const at = path.lastIndexOf('/');
    const name = path.slice(at + 1);
    const parent = this.#directory(path.slice(0, at) || '/');
    const hit = parent === undefined ? undefined : this.#lookup(parent.merged, name);
    return hit?.stats.isSymbolicLink() === true ? readlinkSync(hit.in.path(name)) : undefined;
  }

  /** A regular file's first `limit` bytes; undefined when there is none. */
  read(path: string, limit = 1024 * 1024): Buffer | undefined {
    return this.#walk(path, (_, directory, name) => {
      const fd = directory.openFile(name);
      if (fd === undefined) return undefined;
      try {
        return readUpTo(fd, limit);
      } finally {
        closeSync(fd);
      }
    });
  }

  readText(path: string): string | undefined {
    return this.read(path)?.toString('utf8');
  }

  /** Names in a directory, without what whiteouts hide; for suggestions. */
  list(path: string): string[] {
    const step = this.#directory(path);
    if (step === undefined) return [];
    const names = new Set(step.merged.flatMap((directory) => readdirSync(`/proc/self/fd/${directory.fd}`)));
    return [...names].filter((name) => this.#lookup(step.merged, name) !== undefined);
  }

  /** The names looked up in the root directory so far: what a cached answer depends on. */
  get touched(): ReadonlySet<string> {
    return this.#touched;
  }

  #keep(directory: Directory): Directory {
    this.#open.push(directory);
    return directory;
  }

  #directory(path: string): Step | undefined {
    return this.#resolve(path)?.step;
  }

  #walk<T>(path: string, use: (found: Found, directory: Directory, name: string) => T): T | undefined {
    const resolved = this.#resolve(path);
    return resolved?.entry === undefined
      ? undefined
      : use(resolved.entry.found, resolved.entry.in, resolved.entry.name);
  }

  /** Component by component from the root; `..` stops there, a link's target is put in front of what is left. */
  #resolve(path: string): Resolved | undefined {
    const pending = path.split('/').reverse();
    const trail: Step[] = [{ merged: this.#root, path: '' }];
    let entry: Resolved['entry'];
    for (let links = 0; pending.length > 0; ) {
      const name = pending.pop();
      if (name === undefined || name === '' || name === '.') continue;
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        entry = undefined;
        continue;
      }
      const here = trail.at(-1);
      if (here === undefined || entry !== undefined) return undefined; // below a file
      const hit = this.#lookup(here.merged, name);
      if (hit === undefined) return undefined;
      if (hit.stats.isSymbolicLink()) {
        if (++links > MAX_LINKS) return undefined;
        const target = readlinkSync(hit.in.path(name));
        if (target.startsWith('/')) trail.length = 1;
        pending.push(...target.split('/').reverse());
        continue;
      }
      const full = `${here.path}/${name}`;
      if (hit.stats.isDirectory()) trail.push({ merged: this.#enter(here.merged, name), path: full });
      else entry = { found: { path: full, stats: hit.stats }, in: hit.in, name };
    }
    const step = trail.at(-1);
    return { step: entry === undefined ? step : undefined, entry: entry ?? this.#asEntry(step, trail.at(-2)) };
  }

  #asEntry(step: Step | undefined, parent: Step | undefined): Resolved['entry'] {
    if (step === undefined || parent === undefined) return undefined;
    const name = step.path.slice(parent.path.length + 1);
    const hit = this.#lookup(parent.merged, name);
    return hit === undefined ? undefined : { found: { path: step.path, stats: hit.stats }, in: hit.in, name };
  }

  /** The topmost entry of that name; a whiteout (a 0:0 device) says that there is none. */
  #lookup(merged: Merged, name: string): { in: Directory; stats: Stats } | undefined {
    if (merged === this.#root) this.#touched.add(name);
    for (const directory of merged) {
      const stats = directory.stat(name);
      if (stats === undefined) continue;
      return stats.isCharacterDevice() && stats.rdev === 0 ? undefined : { in: directory, stats };
    }
    return undefined;
  }

  /** The directories that overlay merges: down to the first that is opaque, or hidden by something else of the name. */
  #enter(merged: Merged, name: string): Merged {
    const below: Directory[] = [];
    for (const directory of merged) {
      const stats = directory.stat(name);
      if (stats === undefined) continue;
      const entered = stats.isDirectory() ? directory.enter(name) : undefined;
      if (entered === undefined) break;
      below.push(this.#keep(entered));
      if (merged.length > 1 && this.#isOpaque(`/proc/self/fd/${entered.fd}/.`)) break;
    }
    return below;
  }
}

interface Resolved {
  /** When the path leads to a directory. */
  readonly step: Step | undefined;
  readonly entry: { readonly found: Found; readonly in: Directory; readonly name: string } | undefined;
}

function readUpTo(fd: number, limit: number): Buffer {
  const bytes = Buffer.alloc(Math.min(limit, fstatSync(fd).size));
  let size = 0;
  for (let count = -1; count !== 0 && size < bytes.length; size += count) {
    count = readSync(fd, bytes, size, bytes.length - size, size);
  }
  return bytes.subarray(0, size);
}
