// What a writable layer of overlay changed. Its upper directory says so, unless it refers to what lies below it (redirects,
// metacopies): then the whole trees with and without it are compared.
import { join } from 'node:path';
import { MS_RDONLY } from '../native/linux.ts';
import type { LayerChange, LayerDiff } from './driver.ts';
import { HostMounts } from './host-mounts.ts';
import { type OverlayMount, wholeMount } from './overlay-layout.ts';
import type { DriverParts } from './parts.ts';
import { scanTree } from './scan.ts';
import { changedBytes, compareTrees, overlay, type TreeNode, toTree } from './tree.ts';

export interface WritableLayer {
  readonly id: string;
  readonly directory: string;
  /** The upper directory. */
  readonly diff: string;
  readonly mount: OverlayMount;
  /** The tree that it stands on. */
  readonly before: TreeNode;
}

export class OverlayDiff {
  /** Whether an upper directory alone is a layer. */
  readonly native: boolean;
  readonly #parts: DriverParts;
  /** Second mounts of writable layers, to be read. */
  readonly #wholes: HostMounts;

  constructor(parts: DriverParts, { native }: { readonly native: boolean }) {
    this.native = native;
    this.#parts = parts;
    this.#wholes = new HostMounts(parts);
  }

  isMounted(id: string): boolean {
    return this.#wholes.isMounted(id);
  }

  async changes(layer: WritableLayer): Promise<LayerChange[]> {
    const { native } = this.#parts;
    if (!this.native) {
      return await this.#withWhole(layer, async (path) =>
        compareTrees(layer.before, toTree(await scanTree(native, path))),
      );
    }
    const upper = toTree(await scanTree(native, layer.diff));
    return compareTrees(layer.before, overlay(layer.before, upper));
  }

  /** By comparison; where `native` is true the upper directory is all that is needed. */
  withDiff<T>(layer: WritableLayer, use: (diff: LayerDiff) => Promise<T>): Promise<T> {
    return this.#withWhole(layer, async (path) => {
      const after = toTree(await scanTree(this.#parts.native, path));
      return await use({ path, changes: changedBytes(layer.before, after) });
    });
  }

  /** The tree of a writable layer, mounted read-only beside what may be using it. */
  async #withWhole<T>({ id, directory, mount }: WritableLayer, use: (path: string) => Promise<T>): Promise<T> {
    const data = wholeMount(mount).options.slice(1).join(',');
    const target = join(directory, 'whole');
    const path = await this.#wholes.mount(id, target, [
      { op: 'CHDIR', path: mount.home },
      { op: 'MOUNT', source: 'overlay', target, type: 'overlay', flags: MS_RDONLY, data },
    ]);
    try {
      return await use(path);
    } finally {
      await this.#wholes.unmount(id);
    }
  }
}
