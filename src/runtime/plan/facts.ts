// What the plan compiler has to know besides the spec: about the host, the descriptors that are passed, and the files that
// the spec names. Everything is gathered before, so that compiling is pure.
import type { Features } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import type { Device } from '../spec.ts';
import type { TreeEntry } from './copy-up.ts';

/** A descriptor of a namespace to join, in the helper's slot numbers. */
export interface JoinedNamespace {
  readonly slot: number;
  /** CLONE_NEW* of its type. */
  readonly flag: number;
}

/** Slots of descriptors passed to the helper. */
export interface Slots {
  /** A pidfd of the daemon, when the process is to end with it. */
  readonly daemon?: number;
  /** The socket that takes the terminal's master. */
  readonly terminal?: { readonly slot: number; readonly rows: number; readonly columns: number };
  /** Where the parent says that the user namespace's maps are written. */
  readonly maps?: number;
  readonly joins: readonly JoinedNamespace[];
  /** It waits for a byte at the gate before its program, and says over `talk` that it does; with hooks, earlier as well. */
  readonly hold?: { readonly talk: number; readonly gate: number; readonly hooks: boolean };
  /** Descriptors for the program. */
  readonly pass?: { readonly slot: number; readonly count: number };
}

/** The cgroup hierarchies as a container shall see them below /sys/fs/cgroup. */
export interface CgroupView {
  readonly version: 1 | 2;
  /** The container has a cgroup namespace of its own. */
  readonly namespaced: boolean;
  readonly hierarchies: readonly {
    /** Directory name, `cpu,cpuacct` when mounted together. */
    readonly name: string;
    /** mount(2) data for a v1 hierarchy in a cgroup namespace. */
    readonly data: string;
    /** The container's own directory on the host, and where its hierarchy is mounted. */
    readonly path: string;
    readonly mountPoint: string;
  }[];
}

export type PathKind = 'file' | 'directory';

export interface ProcessFacts {
  /** Compiled seccomp program, undefined when unconfined. */
  readonly seccomp: Uint8Array | undefined;
  readonly seccompFlags: number;
  /** Capabilities that the daemon can give at all. */
  readonly availableCapabilities: bigint;
  /** The program's environment, complete. */
  readonly env: readonly string[];
  /** rlimits after clamping to what the daemon may set. */
  readonly rlimits: readonly { readonly resource: number; readonly soft: bigint; readonly hard: bigint }[];
  /** Where the profile of the next program is written; undefined without AppArmor. */
  readonly apparmorAttribute: string | undefined;
  /** The value to write, undefined when it is right already or may not be written. */
  readonly oomScoreAdj: number | undefined;
}

export interface StartFacts extends ProcessFacts {
  /** An empty directory that the root file system is mounted on, in the container's own mount namespace. */
  readonly mountPoint: string;
  readonly features: Features;
  readonly slots: Slots;
  /** Made and joined by the helper itself; empty when the daemon did it (user namespace). */
  readonly cgroupOps: readonly Op[];
  readonly cgroupView: CgroupView;
  /** Run in the new network namespace. */
  readonly networkOps: readonly Op[];
  /** What the sources of bind mounts are. */
  readonly sourceKind: (source: string) => PathKind;
  /** The host's node of a device. Throws when it has none. */
  readonly deviceSource: (device: Device) => string;
  /** What a masked path is in the container; undefined when it is not there. */
  readonly maskKind: (path: string) => PathKind | undefined;
  /** Permission bits of a directory of the image; undefined when it has none at this path. */
  readonly directoryMode: (path: string) => number | undefined;
  /** What a directory of the image holds, for a tmpfs over it. */
  readonly directoryTree: (path: string) => readonly TreeEntry[];
  /** The mount that holds mountPoint, needed when the spec shares mounts with the host. */
  readonly mountPointParent: string | undefined;
}

export interface ExecFacts extends ProcessFacts {
  readonly slots: Pick<Slots, 'daemon' | 'terminal' | 'pass'>;
  /** A pidfd of the container's first process, and the namespaces to take from it. */
  readonly target: { readonly slot: number; readonly flags: number };
  readonly cgroupOps: readonly Op[];
}
