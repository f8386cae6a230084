// What the kernel sees of a container on the wire: GET /tsker/containers/{id}/xray and /peek. All of it is read from /proc, the cgroup
// file systems and netlink at the moment of the question, none from what is stored. Shared by client and daemon; types only.
import type { OperationText } from './explain.ts';

/** GET /tsker/containers/{id}/xray. */
export interface Xray {
  readonly id: string;
  readonly name: string;
  /** Of the first process, on the host. */
  readonly pid: number;
  /** RFC 3339. */
  readonly time: string;
  /** Depth first: from the host's first process down to the container's, then all that is in the container. */
  readonly processes: readonly XrayProcess[];
  readonly namespaces: readonly XrayNamespace[];
  readonly cgroups: readonly XrayCgroup[];
  readonly root: XrayRoot;
  /** All mounts that its first process sees, the root included. */
  readonly mounts: readonly XrayMount[];
  readonly privileges: XrayPrivileges;
  readonly network: XrayNetwork;
}

export interface XrayProcess {
  readonly pid: number;
  readonly parent: number;
  /** 0 is the first of the list; a process that was put in from outside (exec) stands below its parent. */
  readonly depth: number;
  /** `host`: an ancestor; `daemon`: the one that answers; `first`: process 1 of the container; `inside`: any other of it. */
  readonly role: 'host' | 'daemon' | 'first' | 'inside';
  /** In the container's own PID namespace. */
  readonly insidePid?: number;
  /** Of the kernel: `comm`. */
  readonly name: string;
  /** Its argument vector, by spaces; `[name]` when it has none. */
  readonly command: string;
  readonly uid: number;
  /** One letter: R, S, D, T, Z. */
  readonly state: string;
  /** Bytes in memory. */
  readonly rss: number;
}

export interface XrayNamespace {
  /** `cgroup`, `ipc`, `mnt`, `net`, `pid`, `time`, `user`, `uts`. */
  readonly type: string;
  readonly inode: number;
  /** It is the daemon's own. */
  readonly host: boolean;
  /** Names of other running containers that are in it. */
  readonly containers: readonly string[];
}

export interface XrayCgroup {
  /** `memory`, `cpu,cpuacct`, `name=systemd`; v2: `unified`. */
  readonly hierarchy: string;
  /** As /proc/PID/cgroup has it. */
  readonly path: string;
  /** On the host; missing where it is not mounted. */
  readonly directory?: string;
  readonly limits: readonly XrayValue[];
  readonly usage: readonly XrayValue[];
}

export interface XrayValue {
  /** Of the directory: `memory.max`. */
  readonly file: string;
  /** What is in it. */
  readonly value: string;
  /** In words: `64MiB`, `no limit`. */
  readonly text: string;
}

export interface XrayMount {
  readonly target: string;
  readonly type: string;
  readonly source: string;
  /** What of the file system is seen there: `/` or a part. */
  readonly from: string;
  readonly options: string;
  /** Of the file system. */
  readonly superOptions: string;
  /** `private`, `shared:5`, `master:3`. */
  readonly propagation: string;
}

export interface XrayRoot {
  readonly type: string;
  /** Of overlay, from the top; absolute. */
  readonly lower: readonly string[];
  readonly upper?: string;
  readonly work?: string;
  /** What the container has changed so far, found in the upper directory; the first ones. */
  readonly changes: readonly { readonly kind: 'modified' | 'added' | 'deleted'; readonly path: string }[];
  /** How many there are. */
  readonly changed: number;
}

export interface XrayCapabilities {
  readonly effective: readonly string[];
  readonly permitted: readonly string[];
  readonly inheritable: readonly string[];
  readonly bounding: readonly string[];
  readonly ambient: readonly string[];
}

export interface XrayPrivileges {
  readonly capabilities: XrayCapabilities;
  readonly seccomp: 'off' | 'strict' | 'filter';
  /** Filters that are stacked; missing where the kernel does not say. */
  readonly seccompFilters?: number;
  readonly noNewPrivileges: boolean;
  /** Real, effective, saved, file system. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  /** Of its user namespace; the whole range is one line. */
  readonly uidMap: readonly XrayIdRange[];
  readonly gidMap: readonly XrayIdRange[];
  /** Of AppArmor; missing without it. */
  readonly label?: string;
}

export interface XrayIdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export interface XrayNetwork {
  /** It has the host's: links and rules are not listed. */
  readonly host: boolean;
  readonly links: readonly XrayLink[];
  readonly routes: readonly XrayRoute[];
  readonly rules: readonly XrayRule[];
}

export interface XrayLink {
  readonly index: number;
  readonly name: string;
  /** `veth`, `macvlan`; missing for loopback and the like. */
  readonly kind?: string;
  readonly up: boolean;
  readonly mac?: string;
  readonly mtu: number;
  /** With their prefix lengths. */
  readonly addresses: readonly string[];
  /** The other end of a pair, on the host. */
  readonly peer?: {
    readonly index: number;
    readonly name: string;
    /** The bridge it hangs on. */
    readonly bridge?: string;
  };
}

export interface XrayRoute {
  /** `default` or with a prefix length. */
  readonly destination: string;
  readonly gateway?: string;
  readonly link?: string;
}

/** A rule of nf_tables that names its bridge, its addresses or a network they are in. */
export interface XrayRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  /** In nft's words, as far as they are known here. */
  readonly text: string;
  readonly comment?: string;
}

/** GET /tsker/containers/{id}/peek: a container that is being started step by step, as it is now. */
export interface Peek {
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  readonly time: string;
  /** Operations that are done, of so many. */
  readonly done: number;
  readonly count: number;
  readonly last?: OperationText;
  readonly next: OperationText;
  readonly namespaces: readonly XrayNamespace[];
  readonly cgroups: readonly Pick<XrayCgroup, 'hierarchy' | 'path'>[];
  /** What its root and its working directory are, seen from the host. */
  readonly root: string;
  readonly cwd: string;
  /** In its UTS namespace. */
  readonly hostname: string;
  readonly mounts: readonly XrayMount[];
  readonly privileges: XrayPrivileges;
}
