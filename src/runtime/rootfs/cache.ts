// Answers about root file systems that do not change: an image's layers are immutable, so what was read through a chain
// stays true for every container of it, until the container's own upper directory has something at the same place.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { type IsOpaque, RootReader } from './reader.ts';
import { type RootfsStack, stackOf } from './stack.ts';

const MAX_ENTRIES = 512;

interface Entry {
  readonly value: unknown;
  /** Names in the root directory that the answer depends on. */
  readonly touched: readonly string[];
}

interface Stack extends RootfsStack {
  /** What tells its lower directories from others. */
  readonly below: string;
}

export class RootCache {
  readonly #isOpaque: IsOpaque;
  readonly #entries = new Map<string, Entry>();
  /** A description of a root file system never changes. */
  readonly #stacks = new WeakMap<RootfsMount, Stack>();

  constructor(isOpaque: IsOpaque) {
    this.#isOpaque = isOpaque;
  }

  /** `read`'s result, from memory when the upper directory cannot have changed it. `name` says what is read. */
  get<T>(rootfs: RootfsMount, name: string, read: (reader: RootReader) => T): T {
    const { upper, lowers, below } = this.#stackOf(rootfs);
    const key = `${name}\0${below}`;
    const known = lowers.length === 0 ? undefined : this.#entries.get(key);
    if (known !== undefined && untouched(upper, known.touched)) return known.value as T;
    using reader = new RootReader(rootfs, this.#isOpaque);
    const value = read(reader);
    const touched = [...reader.touched];
    if (lowers.length > 0 && untouched(upper, touched)) this.#remember(key, { value, touched });
    return value;
  }

  /** Reads without remembering: for what happens once. */
  read<T>(rootfs: RootfsMount, read: (reader: RootReader) => T): T {
    using reader = new RootReader(rootfs, this.#isOpaque);
    return read(reader);
  }

  #stackOf(rootfs: RootfsMount): Stack {
    const known = this.#stacks.get(rootfs);
    if (known !== undefined) return known;
    const described = stackOf(rootfs);
    const stack = { ...described, below: described.lowers.join('\0') };
    this.#stacks.set(rootfs, stack);
    return stack;
  }

  #remember(key: string, entry: Entry): void {
    const oldest = this.#entries.size >= MAX_ENTRIES ? this.#entries.keys().next().value : undefined;
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, entry);
  }
}

function untouched(upper: string | undefined, names: readonly string[]): boolean {
  if (upper === undefined) return true;
  return names.every((name) => lstatSync(join(upper, name), { throwIfNoEntry: false }) === undefined);
}
