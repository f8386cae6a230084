// Drivers whose layers are whole trees: each begins as its parent's copy, whatever makes that cheap (nothing for vfs, snapshots
// for btrfs and devicemapper). What they have in common is here; how trees are made, shown and removed is `Trees`.
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExtractResult } from '../native/archive-requests.ts';
import type { Op } from '../native/ops.ts';
import { TskerError } from '../util/errors.ts';
import { abandonCreation, undoCreation } from './creation.ts';
import type { GraphDriver, LayerArchive, LayerChange, LayerDiff, RootfsMount } from './driver.ts';
import { checkLayerId, isLayerId } from './layer-id.ts';
import type { DriverParts } from './parts.ts';
import { type ScanRecord, scanTree } from './scan.ts';
import { changedBytes, compareTrees, sumOfFiles, toTree } from './tree.ts';

const ENOENT = 2;

export type Access = 'read' | 'write';

/** The trees of one driver. Each layer has a directory, `<home>/<id>`, made and removed by CopyDriver. */
export interface Trees {
  readonly name: string;
  readonly rootfsIsMount: boolean;
  /** Makes a layer's tree, a copy of its parent's or an empty one. What is left when it fails, `remove` removes. */
  create(id: string, parent: string | undefined): Promise<void>;
  /** Where the tree is while it is open. */
  path(id: string): string;
  /** Makes it be there; calls nest. */
  open(id: string, access: Access): Promise<void>;
  close(id: string): Promise<void>;
  /** Removes all that is not just files in the layer's directory; nothing there is success. */
  remove(id: string): Promise<void>;
  metadata(id: string): Record<string, string>;
  status(): Promise<[string, string][]>;
  end(): Promise<void>;
}

interface Paths {
  readonly directory: string;
  readonly parent: string;
  readonly record: string;
}

export class CopyDriver implements GraphDriver {
  readonly independentLayers = false;
  readonly #parts: DriverParts;
  readonly #trees: Trees;

  constructor(parts: DriverParts, trees: Trees) {
    this.#parts = parts;
    this.#trees = trees;
  }

  get name(): string {
    return this.#trees.name;
  }

  get rootfsIsMount(): boolean {
    return this.#trees.rootfsIsMount;
  }

  async createLayer(id: string, parent: string | undefined, fd: number, signal?: AbortSignal): Promise<ExtractResult> {
    const { native } = this.#parts;
    try {
      await this.createWritable(id, parent);
    } catch (error) {
      native.close(fd);
      throw error;
    }
    let taken = false;
    try {
      return await this.#opened(id, 'write', (target) => {
        taken = true;
        const request = { fd, target, whiteouts: 'apply', record: this.record(id) } as const;
        return native.extract(signal === undefined ? request : { ...request, signal });
      });
    } catch (error) {
      if (!taken) native.close(fd);
      throw await abandonCreation(this, id, error);
    }
  }

  record(id: string): string {
    return this.#paths(id).record;
  }

  withArchive<T>(id: string, use: (archive: LayerArchive) => Promise<T>): Promise<T> {
    return this.#opened(id, 'read', (tree) => use({ record: this.record(id), tree }));
  }

  /** Layers are made on their parent; it cannot be another one afterwards. */
  async setParent(id: string, parent: string | undefined): Promise<void> {
    if (this.#parent(id) === parent) return;
    throw new TskerError('internal', `layer ${id} was not unpacked on ${parent ?? 'an empty one'}`);
  }

  async createWritable(id: string, parent: string | undefined): Promise<void> {
    const { native } = this.#parts;
    const { directory, parent: parentFile } = this.#paths(id);
    try {
      await native.runPlan([{ op: 'MKDIR', path: directory, mode: 0o710 }]);
    } catch (error) {
      throw await undoCreation(this, id, error);
    }
    const note: Op[] =
      parent === undefined
        ? []
        : [
            { op: 'MKFILE', path: parentFile, mode: 0o600 },
            { op: 'WRITE', path: parentFile, data: parent },
          ];
    try {
      await native.runPlan(note);
      await this.#trees.create(id, parent);
    } catch (error) {
      throw await abandonCreation(this, id, error);
    }
  }

  rootfs(id: string): RootfsMount {
    if (!this.exists(id)) throw new TskerError('not_found', `no layer ${id} in ${this.#parts.home}`);
    return { type: 'bind', source: this.#trees.path(id), options: ['rbind'] };
  }

  async mount(id: string): Promise<string> {
    const { source } = this.rootfs(id);
    await this.#trees.open(id, this.#access(id));
    return source;
  }

  unmount(id: string): Promise<void> {
    return this.#trees.close(id);
  }

  async remove(id: string): Promise<void> {
    const path = this.#paths(id).directory;
    await this.#trees.remove(id);
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

  async withDiff<T>(id: string, parent: string | undefined, use: (diff: LayerDiff) => Promise<T>): Promise<T> {
    const before = await this.#scan(parent);
    return await this.#opened(id, this.#access(id), async (path) => {
      const after = await scanTree(this.#parts.native, path);
      return await use({ path, changes: changedBytes(toTree(before), toTree(after)) });
    });
  }

  async diffSize(id: string): Promise<number> {
    const [before, after] = await this.#scanBoth(id, this.#parent(id));
    const changes = changedBytes(toTree(before), toTree(after));
    const written = new Set(changes.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path));
    return sumOfFiles(after.filter(({ path }) => written.has(path)));
  }

  metadata(id: string): Record<string, string> {
    return this.#trees.metadata(id);
  }

  status(): Promise<[string, string][]> {
    return this.#trees.status();
  }

  close(): Promise<void> {
    return this.#trees.end();
  }

  #paths(id: string): Paths {
    const directory = join(this.#parts.home, checkLayerId(id));
    return { directory, parent: join(directory, 'parent'), record: join(directory, 'record') };
  }

  #parent(id: string): string | undefined {
    const { parent } = this.#paths(id);
    return existsSync(parent) ? readFileSync(parent, 'utf8') : undefined;
  }

  /** What has a recording is a layer, and is not written any more. */
  #access(id: string): Access {
    return existsSync(this.record(id)) ? 'read' : 'write';
  }

  async #opened<T>(id: string, access: Access, use: (path: string) => Promise<T>): Promise<T> {
    await this.#trees.open(id, access);
    try {
      return await use(this.#trees.path(id));
    } finally {
      await this.#trees.close(id);
    }
  }

  async #scan(id: string | undefined): Promise<ScanRecord[]> {
    if (id === undefined) return [];
    return await this.#opened(id, this.#access(id), (path) => scanTree(this.#parts.native, path));
  }

  #scanBoth(id: string, parent: string | undefined): Promise<[before: ScanRecord[], after: ScanRecord[]]> {
    return Promise.all([this.#scan(parent), this.#scan(id)]);
  }
}
