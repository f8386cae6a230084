// The interface of a graphdriver: directories that hold layers, and how to mount a stack of them. A driver knows
// nothing of images, digests or references; ids are opaque names of 26 or more lower-case characters.
import type { ExtractResult } from '../native/archive-requests.ts';

/** One mount that makes a root file system, in the form of a containerd snapshot: the runtime mounts it in the container's
 * own mount namespace, so that a running container's root never appears among the host's mounts. */
export interface RootfsMount {
  readonly type: 'overlay' | 'bind';
  readonly source: string;
  /** Directory the options' relative paths start from (overlay's lowerdir list is kept short by links below it). */
  readonly cwd?: string;
  readonly options: readonly string[];
  /** In whose name files are made in it, where owners are mapped and the host's root has no id; absent: root. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface LayerChange {
  readonly path: string;
  readonly kind: 'modified' | 'added' | 'deleted';
}

/** What a layer's tar is written again from. */
export interface LayerArchive {
  /** The recording made when it was unpacked. */
  readonly record: string;
  /** The directory it was unpacked to. */
  readonly tree: string;
}

/** What a writable layer is made a tar from. */
export interface LayerDiff {
  readonly path: string;
  /** What changed in the tree at `path`; absent: the path holds exactly that, in overlay's form. */
  readonly changes?: readonly LayerChange[];
}

export interface GraphDriver {
  readonly name: string;
  /** False when a layer can only be unpacked on top of its finished parent (vfs). */
  readonly independentLayers: boolean;
  /** True when what rootfs() names is there only between mount() and unmount() of the layer (devicemapper). */
  readonly rootfsIsMount: boolean;
  /** Makes an empty read-only layer and unpacks the tar stream `fd` (taken over) into it; leaves nothing when it fails. */
  createLayer(id: string, parent: string | undefined, fd: number, signal?: AbortSignal): Promise<ExtractResult>;
  /** The recording of a read-only layer. */
  record(id: string): string;
  /** What the tar of a read-only layer is written from; it is there as long as `use` has it. */
  withArchive<T>(id: string, use: (archive: LayerArchive) => Promise<T>): Promise<T>;
  /**
   * Makes a read-only layer of what the writable layer `writable` holds, without a copy; the tar stream `fd` (taken over) is
   * packed from it and says its digests. The writable layer is of no use afterwards but to be removed. Absent: it cannot.
   */
  adopt?(id: string, writable: string, fd: number, signal?: AbortSignal): Promise<ExtractResult>;
  /** For drivers with independentLayers: links a layer unpacked without its parent into its chain. */
  setParent(id: string, parent: string | undefined): Promise<void>;
  /** Makes the writable layer of a container. */
  createWritable(id: string, parent: string | undefined): Promise<void>;
  /** What the runtime mounts as the container's root. */
  rootfs(id: string): RootfsMount;
  /** Mounts a layer's whole tree on the host, read-only for read-only layers; calls nest. Returns the path. */
  mount(id: string): Promise<string>;
  unmount(id: string): Promise<void>;
  /** Removes a layer; missing is success. */
  remove(id: string): Promise<void>;
  exists(id: string): boolean;
  /** Ids on disk, for garbage collection. */
  list(): Promise<string[]>;
  /** What a writable layer changed against its parent. */
  changes(id: string, parent: string | undefined): Promise<LayerChange[]>;
  /** The same as what the tar of a layer is packed from, there as long as `use` has it; paths are a character a byte. */
  withDiff<T>(id: string, parent: string | undefined, use: (diff: LayerDiff) => Promise<T>): Promise<T>;
  /** Bytes that the layer itself holds. */
  diffSize(id: string): Promise<number>;
  /** `GraphDriver.Data` of inspect. */
  metadata(id: string): Record<string, string>;
  /** `DriverStatus` of info. */
  status(): Promise<[string, string][]>;
  /** Gives back what the driver holds on the host (devicemapper's pool). Nothing is called after it. */
  close(): Promise<void>;
}
