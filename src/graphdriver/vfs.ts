// The vfs driver: a layer is a full copy of its parent with its changes applied. It works on any file system, and takes the
// space and time of a copy a layer where that cannot share data (reflinks).
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExtractResult } from '../native/native.ts';
import type { Op } from '../native/ops.ts';
import { TskerError } from '../util/errors.ts';
import { undoCreation } from './creation.ts';
import type { GraphDriver, LayerArchive, LayerChange, LayerDiff, RootfsMount } from './driver.ts';
import { checkLayerId, isLayerId } from './layer-id.ts';
import type { DriverParts } from './parts.ts';
import { type ScanRecord, scanTree } from './scan.ts';
import { changedBytes, compareTrees, sumOfFiles, toTree } from './tree.ts';

const ENOENT = 2;

interface Paths {
  readonly directory: string;
  readonly root: string;
  readonly parent: string;
  readonly record: string;
}

export class VfsDriver implements GraphDriver {
  readonly name = 'vfs';
  readonly independentLayers = false;
  readonly #parts: DriverParts;

  private constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  static async open(parts: DriverParts): Promise<VfsDriver> {
    await parts.native.runPlan([{ op: 'MKDIRS', path: parts.home, mode: 0o710 }]);
    return new VfsDriver(parts);
  }

  async createLayer(id: string, parent: string | undefined, fd: number, signal?: AbortSignal): Promise<ExtractResult> {
    const { native } = this.#parts;
    try {
      await this.createWritable(id, parent);
    } catch (error) {
      native.close(fd);
      throw error;
    }
    try {
      const { root: target, record } = this.#paths(id);
      const request = { fd, target, whiteouts: 'apply', record } as const;
      return await native.extract(signal === undefined ? request : { ...request, signal });
    } catch (error) {
      throw await undoCreation(this, id, error);
    }
  }

  archive(id: string): LayerArchive {
    const { record, root } = this.#paths(id);
    return { record, tree: root };
  }

  /** Layers are made on their parent; it cannot be another one afterwards. */
  async setParent(id: string, parent: string | undefined): Promise<void> {
    if (this.#parent(id) === parent) return;
    throw new TskerError('internal', `layer ${id} was not unpacked on ${parent ?? 'an empty one'}`);
  }

  async createWritable(id: string, parent: string | undefined): Promise<void> {
    const { directory, root, parent: parentFile } = this.#paths(id);
    const copy: Op[] =
      parent === undefined
        ? []
        : [
            { op: 'MKFILE', path: parentFile, mode: 0o600 },
            { op: 'WRITE', path: parentFile, data: parent },
            { op: 'COPYTREE', from: this.#paths(parent).root, to: root },
          ];
    try {
      await this.#parts.native.runPlan([
        { op: 'MKDIR', path: directory, mode: 0o710 },
        { op: 'MKDIR', path: root, mode: 0o755 },
        ...copy,
      ]);
    } catch (error) {
      throw await undoCreation(this, id, error);
    }
  }

  rootfs(id: string): RootfsMount {
    if (!this.exists(id)) throw new TskerError('not_found', `no layer ${id} in ${this.#parts.home}`);
    return { type: 'bind', source: this.#paths(id).root, options: ['rbind'] };
  }

  /** The directory is the whole tree already; nothing is mounted. */
  async mount(id: string): Promise<string> {
    return this.rootfs(id).source;
  }

  async unmount(): Promise<void> {}

  async remove(id: string): Promise<void> {
    const path = this.#paths(id).directory;
    await this.#parts.native.runPlan([{ op: 'RMTREE', path, tolerate: ENOENT }]);
  }

  exists(id: string): boolean {
    return existsSync(this.#paths(id).directory);
  }

  async list(): Promise<string[]> {
    return (await readdir(this.#parts.home)).filter(isLayerId);
  }

  async changes(id: string, parent: string | undefined): Promise<LayerChange[]> {
    const [before, after] = await this.#scanBoth(id, parent);
    return compareTrees(toTree(before), toTree(after));
  }

  async diff(id: string, parent: string | undefined): Promise<LayerDiff> {
    const [before, after] = await this.#scanBoth(id, parent);
    return { path: this.#paths(id).root, changes: changedBytes(toTree(before), toTree(after)) };
  }

  async diffSize(id: string): Promise<number> {
    const [before, after] = await this.#scanBoth(id, this.#parent(id));
    const changes = changedBytes(toTree(before), toTree(after));
    const written = new Set(changes.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path));
    return sumOfFiles(after.filter(({ path }) => written.has(path)));
  }

  metadata(): Record<string, string> {
    return {};
  }

  status(): [string, string][] {
    return [];
  }

  #paths(id: string): Paths {
    const directory = join(this.#parts.home, checkLayerId(id));
    const inside = (name: string): string => join(directory, name);
    return { directory, root: inside('fs'), parent: inside('parent'), record: inside('record') };
  }

  #parent(id: string): string | undefined {
    const { parent } = this.#paths(id);
    return existsSync(parent) ? readFileSync(parent, 'utf8') : undefined;
  }

  #scanBoth(id: string, parent: string | undefined): Promise<[before: ScanRecord[], after: ScanRecord[]]> {
    const scan = async (one: string | undefined): Promise<ScanRecord[]> =>
      one === undefined ? [] : await scanTree(this.#parts.native, this.#paths(one).root);
    return Promise.all([scan(parent), scan(id)]);
  }
}
