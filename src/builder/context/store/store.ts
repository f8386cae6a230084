// Contexts of clients on this machine, kept between builds: a directory a client directory. A build has its tree to itself
// while it lasts; another one of the same directory meanwhile sends its context whole.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { PlaceResult } from '../../../native/archive-requests.ts';
import { TskerError } from '../../../util/errors.ts';
import { removePaths } from '../erase.ts';
import type { ContextParts } from '../parts.ts';
import { removeTree } from '../workspace.ts';
import { readIndex, removeIndex, writeIndex } from './index-file.ts';
import { compareManifests, type Difference, type Manifest, parseManifest } from './manifest.ts';

export interface StoreParts {
  readonly native: ContextParts['native'];
  /** <root>/contexts. */
  readonly root: string;
}

export interface Offer {
  /** For POST /build?context=. */
  readonly token: string;
  readonly missing: Difference['missing'];
}

/** A stored tree in the hands of one build. */
export interface Lease {
  readonly directory: string;
  /** Makes the tree what the manifest says; `place` unpacks what the client sent. */
  update(place: (directory: string) => Promise<PlaceResult>): Promise<void>;
  /** These were taken out of the tree. */
  forget(paths: readonly string[]): Promise<void>;
  release(): Promise<void>;
}

/** A tree between builds. */
export interface KeptContext {
  readonly name: string;
  /** The client's directory, and what is taken of it. */
  readonly key: string;
  readonly inUse: boolean;
  readonly directory: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly usedAt: number;
}

interface Held {
  readonly name: string;
  readonly manifest: Manifest;
  readonly difference: Difference;
  /** Gives the tree back when the client does not come. */
  readonly timer: NodeJS.Timeout;
}

const OFFER_MILLISECONDS = 60_000;
/** Directories that are kept, and for how long nobody needs to have used them. */
const MAX_CONTEXTS = 16;
const MAX_AGE_MILLISECONDS = 14 * 24 * 3600 * 1000;

export class ContextStore {
  readonly #parts: StoreParts;
  /** Names of directories in use. */
  readonly #busy = new Set<string>();
  /** By token. */
  readonly #offers = new Map<string, Held>();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** What the client is to send. Throws `invalid` for what is no manifest, `conflict` while another build uses its tree. */
  async offer(document: unknown): Promise<Offer> {
    const manifest = await parseManifest(document);
    const name = createHash('sha256').update(manifest.key).digest('hex');
    if (this.#busy.has(name)) throw new TskerError('conflict', 'another build uses this context');
    this.#busy.add(name);
    try {
      const known = await readIndex(join(this.#parts.root, name));
      // To read one of many files and to compare it are long enough each.
      await setImmediate();
      const difference = compareManifests(known?.entries ?? [], manifest.entries);
      const token = randomBytes(16).toString('hex');
      const timer = setTimeout(() => this.#drop(token), OFFER_MILLISECONDS).unref();
      this.#offers.set(token, { name, manifest, difference, timer });
      return { token, missing: difference.missing };
    } catch (error) {
      this.#busy.delete(name);
      throw error;
    }
  }

  /** For the build that an offer was made to. Throws `not_found` when it took too long. */
  take(token: string): Lease {
    const held = this.#offers.get(token);
    if (held === undefined) throw new TskerError('not_found', 'no such build context: it was not asked for in time');
    this.#offers.delete(token);
    clearTimeout(held.timer);
    return this.#lease(held);
  }

  async list(): Promise<readonly KeptContext[]> {
    const { root } = this.#parts;
    const names = await readdir(root).catch(() => []);
    const found = await Promise.all(
      names.map(async (name) => {
        const directory = join(root, name);
        const [index, times] = [await readIndex(directory), await stat(directory).catch(ignoreMissing)];
        if (times === undefined) return [];
        const [inUse, key] = [this.#busy.has(name), index?.key ?? ''];
        return [{ name, key, inUse, directory, createdAt: times.birthtimeMs, usedAt: times.mtimeMs }];
      }),
    );
    return found.flat();
  }

  /** Removes one unless a build uses it; whether it did. */
  async remove(name: string): Promise<boolean> {
    if (this.#busy.has(name)) return false;
    this.#busy.add(name);
    try {
      await removeIndex(join(this.#parts.root, name));
      await removeTree(this.#parts.native, join(this.#parts.root, name));
    } finally {
      this.#busy.delete(name);
    }
    return true;
  }

  #drop(token: string): void {
    const held = this.#offers.get(token);
    this.#offers.delete(token);
    if (held !== undefined) this.#busy.delete(held.name);
  }

  #lease({ name, manifest, difference }: Held): Lease {
    const { native, root } = this.#parts;
    const home = join(root, name);
    const directory = join(home, 'tree');
    const trusted = new Map(manifest.entries.map((entry) => [entry.path, entry]));
    const write = () => writeIndex(home, manifest.key, [...trusted.values()]);
    return {
      directory,
      update: async (place) => {
        const isNew = (await readIndex(home)) === undefined;
        await removeIndex(home);
        if (isNew) await removeTree(native, directory);
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await removePaths(native, directory, difference.gone);
        const { entries } = await place(directory);
        if (entries !== difference.missing.length) {
          throw new TskerError(
            'invalid',
            `the context has ${entries} entries where ${difference.missing.length} were missing`,
            {
              hint: 'files were removed while they were sent: build again',
            },
          );
        }
        await write();
      },
      forget: async (paths) => {
        if (paths.length === 0) return;
        await removeIndex(home);
        for (const path of paths) trusted.delete(path);
        await write();
      },
      release: async () => {
        const now = new Date();
        await utimes(home, now, now).catch(ignoreMissing);
        this.#busy.delete(name);
        await this.#collect({ keep: MAX_CONTEXTS, since: Date.now() - MAX_AGE_MILLISECONDS });
      },
    };
  }

  /** Keeps the `keep` ones used last, of those used after `since`. */
  async #collect({ keep, since }: { readonly keep: number; readonly since: number }): Promise<void> {
    const { root } = this.#parts;
    const names = await readdir(root).catch(() => []);
    const found = await Promise.all(names.map(async (name) => ({ name, used: await usedAt(join(root, name)) })));
    const stale = found
      .toSorted((a, b) => b.used - a.used)
      .filter(({ name, used }, place) => !this.#busy.has(name) && (place >= keep || used < since));
    for (const { name } of stale) await this.remove(name);
  }
}

async function usedAt(path: string): Promise<number> {
  const found = await stat(path).catch(ignoreMissing);
  return found?.mtimeMs ?? 0;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
