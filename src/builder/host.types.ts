// What the builder needs of the engine, in small roles; daemon/build/ plays them. Types only: the builder mounts nothing,
// starts nothing and knows no driver.
import type { Image, ImageHistory } from '../image/store.types.ts';
import type { RegistryAuth } from '../types/image.ts';
import type { BuildLimits, BuildMessage } from './build.types.ts';

export interface BuildHost {
  readonly images: BuildImages;
  readonly layers: BuildLayers;
  readonly cache: CacheStore;
  readonly cacheMounts: CacheMounts;
  /** Whether the kernel knows a signal by that name or number. */
  readonly isSignal: (text: string) => boolean;
  /** RFC 3339 with nanoseconds. */
  readonly now: () => string;
  /** Steps that may work at the same time, over all stages of a build. */
  readonly parallelism: number;
  /** A place for what is said while nobody hears it, and too much for memory. */
  readonly openOverflow: () => Overflow;
}

/** Lines in the order in which they were said. */
export interface Overflow {
  /** A text without a newline. Throws when there is no room. */
  append(line: string): void;
  /** The next one; there has to be one. */
  line(): Promise<string>;
  /** Every line was given out. */
  readonly isRead: boolean;
  close(): void;
}

export interface PullRequest {
  readonly reference: string;
  readonly platform: string | undefined;
  readonly auths: ReadonlyMap<string, RegistryAuth>;
  readonly emit: (message: BuildMessage) => void;
  readonly signal: AbortSignal;
}

export interface BuildImages {
  /** Undefined when it is not here; throws `invalid` for what is no reference. */
  find(reference: string, platform: string | undefined): Image | undefined;
  pull(request: PullRequest): Promise<Image>;
  /** Throws `invalid` for what is no name of an image; the name in its full form. */
  checkName(name: string): string;
  /** Names as checkName gave them. Answers them as people write them. */
  put(
    document: Uint8Array,
    names: readonly string[],
  ): Promise<{ readonly id: string; readonly names: readonly string[] }>;
}

/** A layer that a step made. */
export interface MadeLayer {
  readonly diffId: string;
  readonly chainId: string;
  /** Bytes of its files. */
  readonly size: number;
}

export interface BuildLayers {
  /** Whether the chain is complete. */
  has(chainId: string): boolean;
  size(chainId: string): number;
  /** Keeps chains of this build from being removed, whether they exist or not; ends with the build. */
  hold(chainIds: readonly string[]): void;
  /** A writable layer on the chain; without one, on nothing. */
  open(chainId: string | undefined): Promise<Workspace>;
  /** The tree of a chain, to be read. */
  tree(chainId: string | undefined): Promise<Tree>;
  /** The tree of a directory of the host, to be read: a build context. */
  directory(path: string): Promise<Tree>;
  /** The tree of a git repository, `url[#ref[:folder]]`; gone when it is closed. */
  repository(url: string, signal: AbortSignal): Promise<Tree>;
  /** The top layer of `chainId` on another chain as well. */
  rebase(chainId: string, onto: string, signal: AbortSignal): Promise<MadeLayer>;
  /** One layer on `base` that makes of it what `top` is; undefined when they are the same. */
  squash(base: string | undefined, top: string | undefined, signal: AbortSignal): Promise<MadeLayer | undefined>;
  /** A tar stream that JavaScript makes, or reads from elsewhere. */
  stream(bytes: AsyncIterable<Uint8Array>): Archive;
  /** Removes what the build held and nobody else needs. */
  release(): Promise<void>;
}

export type EntryKind = 'file' | 'directory' | 'link' | 'other';

/** What is at a path. */
export interface Found {
  /** From the root, a slash before it; no link on the way. */
  readonly path: string;
  readonly kind: EntryKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly bytes: number;
}

/** One name below a directory. */
export interface TreeEntry extends Omit<Found, 'path'> {
  /** Below the directory that was listed, no slash before it; a character a byte (latin1). */
  readonly path: string;
  /** Of content and what metadata matters, time left out. */
  readonly digest: string;
}

/** A tar stream under way. `fd` is taken over by who places it. */
export interface Archive {
  readonly fd: number;
  readonly finished: Promise<unknown>;
}

/** A root file system, or a directory taken for one: no path leads out of it, whatever links it holds. */
export interface Tree {
  /** Links followed, the last one too; undefined when there is nothing. */
  look(path: string): Promise<Found | undefined>;
  /** The same without following a link at its end. */
  lookAt(path: string): Promise<Found | undefined>;
  /** All below a directory, sorted; `path` as look has it. */
  list(path: string, signal: AbortSignal): Promise<readonly TreeEntry[]>;
  /** Digest of one file or link at a path that look or lookAt gave. */
  digest(found: Found, signal: AbortSignal): Promise<string>;
  /** The bytes of a file, at most `limit`; of a path that look gave. */
  readFile(path: string, limit: number): Promise<Uint8Array>;
  /** Whether a compressed file holds a tar archive that can be unpacked. */
  holdsTar(path: string, signal: AbortSignal): Promise<boolean>;
  /** A file that is an archive itself. */
  openArchive(path: string, signal: AbortSignal): Promise<Archive>;
  /** One file as an archive with one entry of that name. */
  packFile(path: string, name: string): Promise<Archive>;
  /** Entries below a directory, as `list` gave their paths. */
  packEntries(directory: string, paths: readonly string[]): Promise<Archive>;
  /** Where that is on the host, for a bind mount; a path that `look` gave. */
  hostPath(path: string): string;
  close(): Promise<void>;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface PlaceRequest {
  readonly archive: Archive;
  /** A directory that exists, links followed. */
  readonly path: string;
  /** Undefined: as the archive says. */
  readonly owner: Owner | undefined;
  /** Permission bits for all that is no link; undefined: as the archive says. */
  readonly mode: number | undefined;
  readonly signal: AbortSignal;
}

export interface WritableTree extends Tree {
  place(request: PlaceRequest): Promise<void>;
}

export interface RunMount {
  readonly type: 'bind' | 'tmpfs';
  /** Absolute. */
  readonly target: string;
  /** Of a bind. */
  readonly source?: string;
  readonly readOnly: boolean;
  readonly options?: readonly string[];
}

export interface RunRequest {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  /** NetworkMode. */
  readonly network: string;
  readonly extraHosts: readonly string[];
  readonly shmSize: number;
  readonly limits: BuildLimits;
  readonly securityOptions: readonly string[];
  readonly privileged: boolean;
  readonly mounts: readonly RunMount[];
  /** Output as it comes. With a promise no more of it is read until that resolves. May throw: the run fails. */
  readonly write: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void> | undefined;
  readonly signal: AbortSignal;
}

export interface CommitRequest {
  readonly signal: AbortSignal;
  /** Epoch seconds: nothing in it is younger. */
  readonly epoch: number | undefined;
  /** The chain it goes on, for a workspace that stands on nothing; undefined: that which it stands on. */
  readonly onto?: string | undefined;
}

/** A writable layer: what a step works in. */
export interface Workspace {
  /** 64 hexadecimal digits, of a container when something runs in it. */
  readonly id: string;
  run(request: RunRequest): Promise<{ readonly exitCode: number }>;
  /** Mounted until it is closed, which must be before anything runs. */
  tree(): Promise<WritableTree>;
  /** A file that only this workspace's runs see, for secrets; path on the host. Gone with the workspace. */
  privateFile(name: string, content: Uint8Array, owner: Owner & { readonly mode: number }): Promise<string>;
  /** What a file or directory of a tree can be bound from for this workspace's runs, path on the host: itself, or a copy that
   * is gone with the workspace, into which they may write. */
  bindSource(
    tree: Tree,
    found: Found,
    options: { readonly readOnly: boolean; readonly signal: AbortSignal },
  ): Promise<string>;
  /** The user that `user[:group]` means by the files of this root. */
  owner(user: string): Promise<Owner>;
  /** What changed as a layer; undefined when nothing did. */
  commit(request: CommitRequest): Promise<MadeLayer | undefined>;
  /** The container stays, for `docker start` and `docker commit`; answers its name. */
  keep(request: RunRequest, imageId: string): Promise<string>;
  discard(): Promise<void>;
}

/** Directories that RUN --mount=type=cache keeps between builds. */
export interface CacheMounts {
  open(request: CacheMountRequest): Promise<{ readonly path: string; release(): Promise<void> }>;
}

export interface CacheMountRequest {
  readonly id: string;
  readonly sharing: 'shared' | 'private' | 'locked';
  readonly owner: Owner;
  readonly mode: number;
  /** Filled into a new one. */
  readonly seed: (() => Promise<Archive>) | undefined;
  readonly signal: AbortSignal;
}

/** What a step came to, as the cache keeps it. */
export interface CachedStep {
  readonly history: ImageHistory;
  readonly layer: { readonly diffId: string; readonly chainId: string } | undefined;
}

/** What a step was made from, to tell later why another was not the same. */
export interface StepInputs {
  /** As the Dockerfile has it. */
  readonly instruction: string;
  /** Of the state before it. */
  readonly parent: string;
  /** Build arguments a RUN was given. */
  readonly args: Readonly<Record<string, string>>;
  /** What it copied: path → digest. */
  readonly files: Readonly<Record<string, string>>;
}

export interface CacheStore {
  get(key: string): CachedStep | undefined;
  put(key: string, step: CachedStep, inputs: StepInputs): void;
  /** The latest steps of the same instruction. */
  like(instruction: string): readonly StepInputs[];
}
