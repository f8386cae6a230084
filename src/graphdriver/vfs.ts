// The vfs driver: a layer is a full copy of its parent with its changes applied. It works on any file system, and takes the
// space and time of a copy a layer where that cannot share data (reflinks).
import { join } from 'node:path';
import type { Op } from '../native/ops.ts';
import { CopyDriver, type Trees } from './copies.ts';
import type { GraphDriver } from './driver.ts';
import { checkLayerId } from './layer-id.ts';
import type { DriverParts } from './parts.ts';
import { parseStorageOptions } from './storage-options.ts';

export async function openVfs(parts: DriverParts, given: readonly string[] = []): Promise<GraphDriver> {
  parseStorageOptions('vfs', given, []);
  await parts.native.runPlan([{ op: 'MKDIRS', path: parts.home, mode: 0o710 }]);
  return new CopyDriver(parts, new DirectoryTrees(parts));
}

class DirectoryTrees implements Trees {
  readonly name = 'vfs';
  readonly rootfsIsMount = false;
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  async create(id: string, parent: string | undefined): Promise<void> {
    const path = this.path(id);
    const copy: Op[] = parent === undefined ? [] : [{ op: 'COPYTREE', from: this.path(parent), to: path }];
    await this.#parts.native.runPlan([{ op: 'MKDIR', path, mode: 0o755 }, ...copy]);
  }

  path(id: string): string {
    return join(this.#parts.home, checkLayerId(id), 'fs');
  }

  /** The directory is the whole tree already. */
  async open(): Promise<void> {}

  async close(): Promise<void> {}

  async remove(id: string): Promise<void> {
    checkLayerId(id);
  }

  metadata(): Record<string, string> {
    return {};
  }

  async status(): Promise<[string, string][]> {
    return [];
  }

  async end(): Promise<void> {}
}
