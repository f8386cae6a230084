// The overlay driver: a layer is a directory of what it changed, a root file system one overlay mount (overlayfs,
// Documentation/filesystems/overlayfs.rst). Directories are laid out as Docker's overlay2 does; see README.md.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExtractResult } from '../native/archive-requests.ts';
import { MS_RDONLY } from '../native/linux.ts';
import type { Op } from '../native/ops.ts';
import { TskerError } from '../util/errors.ts';
import { backingName } from './backing.ts';
import { undoCreation } from './creation.ts';
import type { GraphDriver, LayerArchive, LayerChange, LayerDiff, RootfsMount } from './driver.ts';
import { HostMounts } from './host-mounts.ts';
import { isLayerId } from './layer-id.ts';
import { OverlayDiff, type WritableLayer } from './overlay-diff.ts';
import { EMPTY, LINKS, layerPaths, lowerOf, readOnlyMount, writableMount } from './overlay-layout.ts';
import { parseOverlayOptions } from './overlay-options.ts';
import { type OverlayFacts, probeOverlay } from './overlay-probe.ts';
import type { DriverParts } from './parts.ts';
import { scanTree } from './scan.ts';
import { sumOfFiles, toTree } from './tree.ts';

const ENOENT = 2;
const EEXIST = 17;

export class OverlayDriver implements GraphDriver {
  readonly name = 'overlay';
  readonly independentLayers = true;
  readonly rootfsIsMount = false;
  readonly #parts: DriverParts;
  readonly #facts: OverlayFacts;
  readonly #mounts: HostMounts;
  readonly #diff: OverlayDiff;

  private constructor(parts: DriverParts, facts: OverlayFacts) {
    this.#parts = parts;
    this.#facts = facts;
    this.#mounts = new HostMounts(parts);
    this.#diff = new OverlayDiff(parts, { native: !facts.redirects && !facts.metacopy });
  }

  /** Makes the driver's directory and tries overlay in it; throws `unsupported` where it does not work. */
  static async open(parts: DriverParts, given: readonly string[] = []): Promise<OverlayDriver> {
    const { home, native } = parts;
    const added = parseOverlayOptions(given);
    await native.runPlan([
      { op: 'MKDIRS', path: home, mode: 0o710 },
      { op: 'MKDIR', path: join(home, LINKS), mode: 0o700, tolerate: EEXIST },
      { op: 'MKDIR', path: join(home, EMPTY), mode: 0o755, tolerate: EEXIST },
    ]);
    return new OverlayDriver(parts, await probeOverlay(parts, added));
  }

  async createLayer(id: string, parent: string | undefined, fd: number, signal?: AbortSignal): Promise<ExtractResult> {
    const { native } = this.#parts;
    try {
      await native.runPlan(this.#createOps(id));
    } catch (error) {
      native.close(fd);
      throw await undoCreation(this, id, error);
    }
    try {
      const { diff: target, record } = this.#paths(id);
      const request = { fd, target, whiteouts: 'overlay', record } as const;
      const result = await native.extract(signal === undefined ? request : { ...request, signal });
      if (parent !== undefined) await this.setParent(id, parent);
      return result;
    } catch (error) {
      throw await undoCreation(this, id, error);
    }
  }

  async adopt(id: string, writable: string, fd: number, signal?: AbortSignal): Promise<ExtractResult> {
    const { native } = this.#parts;
    const { diff: target, record } = this.#paths(id);
    try {
      const move: Op = { op: 'RENAME', from: this.#paths(writable).diff, to: target };
      await native.runPlan([...this.#createOps(id), { op: 'RMDIR', path: target }, move]);
    } catch (error) {
      native.close(fd);
      throw await undoCreation(this, id, error);
    }
    try {
      const request = { fd, target, whiteouts: 'adopt', record } as const;
      return await native.extract(signal === undefined ? request : { ...request, signal });
    } catch (error) {
      throw await undoCreation(this, id, error);
    }
  }

  record(id: string): string {
    return this.#paths(id).record;
  }

  withArchive<T>(id: string, use: (archive: LayerArchive) => Promise<T>): Promise<T> {
    const { record, diff } = this.#paths(id);
    return use({ record, tree: diff });
  }

  async setParent(id: string, parent: string | undefined): Promise<void> {
    const { lower } = this.#paths(id);
    const remove: Op = { op: 'REMOVE', path: lower, tolerate: ENOENT };
    const write = parent === undefined ? [] : fileOps(lower, this.#lowerAbove(parent));
    await this.#parts.native.runPlan([remove, ...write]);
  }

  async createWritable(id: string, parent: string | undefined): Promise<void> {
    const { directory, diff, work, lower } = this.#paths(id);
    const chain = parent === undefined ? '' : this.#lowerAbove(parent);
    try {
      await this.#parts.native.runPlan([
        { op: 'MKDIR', path: directory, mode: 0o710 },
        { op: 'MKDIR', path: diff, mode: 0o755 },
        { op: 'MKDIR', path: work, mode: 0o700 },
        ...(chain === '' ? [] : fileOps(lower, chain)),
      ]);
    } catch (error) {
      throw await undoCreation(this, id, error);
    }
  }

  rootfs(id: string): RootfsMount {
    const { directory, work } = this.#paths(id);
    if (!existsSync(directory)) throw new TskerError('not_found', `no layer ${id} in ${this.#parts.home}`);
    const mount = { home: this.#parts.home, id, lower: this.#lower(id), features: this.#facts.features };
    return existsSync(work) ? writableMount(mount) : readOnlyMount(mount, this.#link(id));
  }

  async mount(id: string): Promise<string> {
    const { cwd = '/', options } = this.rootfs(id);
    const target = this.#paths(id).merged;
    const [flags, data] = options[0] === 'ro' ? [MS_RDONLY, options.slice(1)] : [0, options];
    return await this.#mounts.mount(id, target, [
      { op: 'CHDIR', path: cwd },
      { op: 'MOUNT', source: 'overlay', target, type: 'overlay', flags, data: data.join(',') },
    ]);
  }

  unmount(id: string): Promise<void> {
    return this.#mounts.unmount(id);
  }

  async remove(id: string): Promise<void> {
    const { directory, link } = this.#paths(id);
    if (this.#mounts.isMounted(id) || this.#diff.isMounted(id)) {
      throw new TskerError('conflict', `layer ${id} is mounted`);
    }
    const short = readText(link);
    const unlink: Op[] =
      short === '' ? [] : [{ op: 'REMOVE', path: join(this.#parts.home, LINKS, short), tolerate: ENOENT }];
    await this.#parts.native.runPlan([...unlink, { op: 'RMTREE', path: directory, tolerate: ENOENT }]);
  }

  exists(id: string): boolean {
    return existsSync(this.#paths(id).directory);
  }

  async list(): Promise<string[]> {
    return (await readdir(this.#parts.home)).filter(isLayerId);
  }

  async changes(id: string, parent: string | undefined): Promise<LayerChange[]> {
    return await this.#diff.changes(await this.#writable(id, parent));
  }

  async withDiff<T>(id: string, parent: string | undefined, use: (diff: LayerDiff) => Promise<T>): Promise<T> {
    if (this.#diff.native) return await use({ path: this.#paths(id).diff });
    return await this.#diff.withDiff(await this.#writable(id, parent), use);
  }

  async diffSize(id: string): Promise<number> {
    return sumOfFiles(await scanTree(this.#parts.native, this.#paths(id).diff));
  }

  metadata(id: string): Record<string, string> {
    const { diff, merged, work } = this.#paths(id);
    const lowers = this.#lower(id)
      .split(':')
      .filter((link) => link !== '')
      .map((link) => this.#resolveLink(link));
    return {
      ...(lowers.length === 0 ? {} : { LowerDir: lowers.join(':') }),
      MergedDir: merged,
      UpperDir: diff,
      WorkDir: work,
    };
  }

  async status(): Promise<[string, string][]> {
    return [
      ['Backing Filesystem', backingName(this.#parts.native.fsMagic(this.#parts.home))],
      ['Supports d_type', 'true'],
      ['Using metacopy', String(this.#facts.metacopy)],
      ['Native Overlay Diff', String(this.#diff.native)],
      ['userxattr', 'false'],
    ];
  }

  async close(): Promise<void> {}

  #createOps(id: string): Op[] {
    const { directory, diff, link } = this.#paths(id);
    const short = shortName();
    return [
      { op: 'MKDIR', path: directory, mode: 0o710 },
      { op: 'MKDIR', path: diff, mode: 0o755 },
      ...fileOps(link, short), // before the link itself, so that removal always finds it
      { op: 'SYMLINK', content: `../${id}/diff`, path: join(this.#parts.home, LINKS, short) },
    ];
  }

  async #writable(id: string, parent: string | undefined): Promise<WritableLayer> {
    const { directory, diff } = this.#paths(id);
    const mount = { home: this.#parts.home, id, lower: this.#lower(id), features: this.#facts.features };
    return { id, directory, diff, mount, before: parent === undefined ? toTree([]) : await this.#scanChain(parent) };
  }

  async #scanChain(id: string): Promise<ReturnType<typeof toTree>> {
    const path = await this.mount(id);
    try {
      return toTree(await scanTree(this.#parts.native, path));
    } finally {
      await this.unmount(id);
    }
  }

  #paths(id: string) {
    return layerPaths(this.#parts.home, id);
  }

  #lower(id: string): string {
    return readText(this.#paths(id).lower);
  }

  #link(id: string): string {
    const link = readText(this.#paths(id).link);
    if (link === '') throw new TskerError('not_found', `no read-only layer ${id} in ${this.#parts.home}`);
    return link;
  }

  #lowerAbove(parent: string): string {
    return lowerOf({ link: this.#link(parent), lower: this.#lower(parent) });
  }

  #resolveLink(link: string): string {
    return resolve(this.#parts.home, LINKS, readlinkSync(join(this.#parts.home, link)));
  }
}

/** Docker's alphabet and length: 26 characters of base 32. */
function shortName(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(randomBytes(26), (byte) => alphabet[byte & 31]).join('');
}

/** A small file, not synced: the layer store syncs layers as a whole before it relies on them. */
function fileOps(path: string, data: string): Op[] {
  return [
    { op: 'MKFILE', path, mode: 0o600 },
    { op: 'WRITE', path, data },
  ];
}

/** '' when there is no such file. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
