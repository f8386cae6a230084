// The btrfs driver: a layer is a subvolume, made as a snapshot of its parent: all that they have in common is there once. The
// data root has to be on btrfs.
import { join } from 'node:path';
import { messageOf, TskerError } from '../util/errors.ts';
import { BTRFS_MAGIC, backingName } from './backing.ts';
import { CopyDriver, type Trees } from './copies.ts';
import type { GraphDriver } from './driver.ts';
import { checkLayerId } from './layer-id.ts';
import type { DriverParts } from './parts.ts';
import { parseStorageOptions } from './storage-options.ts';

const ENOENT = 2;

/** Throws `unsupported` where the directory is on another file system. */
export async function openBtrfs(parts: DriverParts, given: readonly string[] = []): Promise<GraphDriver> {
  parseStorageOptions('btrfs', given, []);
  const { home, native } = parts;
  await native.runPlan([{ op: 'MKDIRS', path: home, mode: 0o710 }]);
  const magic = native.fsMagic(home);
  if (magic !== BTRFS_MAGIC) throw unsupported(home, `it is on ${backingName(magic)}`);
  await tryOut(parts);
  return new CopyDriver(parts, new SubvolumeTrees(parts));
}

/** A mount without the right to make subvolumes, or an old kernel, shows here and not in the middle of a pull. */
async function tryOut({ home, native }: DriverParts): Promise<void> {
  const path = join(home, '.probe');
  try {
    await native.runPlan([
      { op: 'SUBVOLUME_DELETE', path, tolerate: ENOENT },
      { op: 'SUBVOLUME', path },
      { op: 'SUBVOLUME_DELETE', path },
    ]);
  } catch (cause) {
    throw unsupported(home, messageOf(cause), cause);
  }
}

function unsupported(home: string, reason: string, cause?: unknown): TskerError {
  return new TskerError('unsupported', `storage driver btrfs does not work in ${home}: ${reason}`, {
    cause,
    hint: 'put --data-root on a btrfs file system, or use --storage-driver overlay',
  });
}

class SubvolumeTrees implements Trees {
  readonly name = 'btrfs';
  readonly rootfsIsMount = false;
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  async create(id: string, parent: string | undefined): Promise<void> {
    const path = this.path(id);
    await this.#parts.native.runPlan(
      parent === undefined
        ? [
            { op: 'SUBVOLUME', path },
            { op: 'CHMOD', path, mode: 0o755 },
          ]
        : [{ op: 'SNAPSHOT', from: this.path(parent), to: path }],
    );
  }

  path(id: string): string {
    return join(this.#parts.home, checkLayerId(id), 'fs');
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  /** With the subvolumes that a container made in it: a directory that holds one is never removed otherwise. */
  async remove(id: string): Promise<void> {
    await this.#parts.native.runPlan([{ op: 'SUBVOLUME_DELETE', path: this.path(id), tolerate: ENOENT }]);
  }

  metadata(): Record<string, string> {
    return {};
  }

  async status(): Promise<[string, string][]> {
    return [['Btrfs', '']];
  }

  async end(): Promise<void> {}
}
