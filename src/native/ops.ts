// The operations of a launch plan as TypeScript values. One row for each row of TSKER_OPS in native/include/tsker.h
// (`scripts/check` compares numbers and signatures); the field names follow the order of the arguments. Pure.

/** Options every operation can carry. */
export interface OpOptions {
  /** Resolve the target inside the root set by `root`. */
  readonly inRoot?: boolean;
  /** A failure is reported and the plan goes on. */
  readonly optional?: boolean;
  /** An errno that counts as success. */
  readonly tolerate?: number;
}

export type Op = OpOptions &
  (
    | { op: 'MOUNT'; source: string; target: string; type: string; flags: number; data: string }
    | { op: 'BIND'; source: string; target: string; flags: number; propagation: number }
    | { op: 'MOUNT_ATTR'; target: string; set: number; clear: number; recursive: number }
    | { op: 'PROPAGATION'; target: string; flags: number }
    | { op: 'UMOUNT'; target: string; flags: number }
    | { op: 'ROOT'; path: string }
    | { op: 'PIVOT' }
    | { op: 'CHDIR'; path: string }
    | { op: 'MKDIR'; path: string; mode: number }
    | { op: 'MKDIRS'; path: string; mode: number }
    | { op: 'MKFILE'; path: string; mode: number }
    | { op: 'MKNOD'; path: string; mode: number; device: number }
    | { op: 'SYMLINK'; content: string; path: string }
    | { op: 'WRITE'; path: string; data: Uint8Array | string }
    | { op: 'PUTFILE'; path: string; mode: number; data: Uint8Array | string }
    | { op: 'CHOWN'; path: string; uid: number; gid: number }
    | { op: 'CHMOD'; path: string; mode: number }
    | { op: 'REMOVE'; path: string }
    | { op: 'RMDIR'; path: string }
    | { op: 'RMTREE'; path: string }
    | { op: 'RENAME'; from: string; to: string }
    | { op: 'SETXATTR'; path: string; name: string; value: Uint8Array | string }
    | { op: 'OPEN'; slot: number; path: string; flags: number; mode: number }
    | { op: 'CLOSE'; slot: number }
    | { op: 'DUP'; from: number; to: number }
    | { op: 'UNSHARE'; flags: number }
    | { op: 'SETNS'; slot: number; flags: number }
    | { op: 'HOSTNAME'; name: string }
    | { op: 'DOMAINNAME'; name: string }
    | { op: 'RLIMIT'; resource: number; soft: bigint; hard: bigint }
    | { op: 'NETLINK'; slot: number; protocol: number; messages: Uint8Array }
    | { op: 'UMASK'; mask: number }
    | { op: 'BOUNDING'; mask: bigint }
    | { op: 'USER'; uid: number; gid: number; groups: Uint8Array }
    | { op: 'CAPABILITIES'; effective: bigint; permitted: bigint; inheritable: bigint; ambient: bigint }
    | { op: 'NO_NEW_PRIVS' }
    | { op: 'SECCOMP'; flags: number; program: Uint8Array }
    | { op: 'SETSID' }
    | { op: 'PTY'; slot: number; rows: number; columns: number }
    | { op: 'DEATHSIG'; signal: number; slot: number }
    | { op: 'WAIT'; slot: number }
    | { op: 'NICE'; value: number }
    | { op: 'CGROUP_KILL'; path: string; timeout: number }
    | { op: 'CGROUP_REMOVE'; path: string }
    | { op: 'EXEC'; argv: readonly string[]; envp: readonly string[]; flags: number }
    | { op: 'SYNCFS'; path: string }
    | { op: 'BPF_DEVICE'; path: string; program: Uint8Array }
    | { op: 'STDIO_OWNER'; uid: number }
    | { op: 'COPYTREE'; from: string; to: string }
    | { op: 'SCAN'; path: string; fd: number }
    | { op: 'SUBVOLUME'; path: string }
    | { op: 'SNAPSHOT'; from: string; to: string }
    | { op: 'SUBVOLUME_DELETE'; path: string }
    | { op: 'LOOP_ATTACH'; path: string; fd: number }
    | { op: 'LOOP_DETACH'; path: string }
    | { op: 'DM_CREATE'; name: string; sectors: number; target: string; parameters: string }
    | { op: 'DM_REMOVE'; name: string; deferred: number }
    | { op: 'DM_MESSAGE'; name: string; message: string }
    | { op: 'DM_STATUS'; name: string; fd: number }
    | { op: 'DM_DISCARD'; name: string }
    | { op: 'IDMAP'; source: string; target: string; userns: string }
    | { op: 'FSUSER'; uid: number; gid: number }
    | { op: 'PROXY'; slot: number; address: Uint8Array }
    | { op: 'SCAN_CONTENT'; path: string; fd: number }
    | { op: 'SOCKET'; slot: number; domain: number; type: number; address: Uint8Array; backlog: number }
    | { op: 'TELL'; slot: number }
    | { op: 'LOOKUP'; program: string; searchPath: string }
    | { op: 'PASS'; slot: number; count: number }
    | { op: 'PROGRAM'; path: string }
  );

export type OpName = Op['op'];

/** number, signature, argument fields in order: the TypeScript side of TSKER_OPS. */
export const OPS: { readonly [N in OpName]: readonly [number: number, signature: string, ...fields: string[]] } = {
  MOUNT: [1, 'sssus', 'source', 'target', 'type', 'flags', 'data'],
  BIND: [2, 'ssuu', 'source', 'target', 'flags', 'propagation'],
  MOUNT_ATTR: [3, 'suuu', 'target', 'set', 'clear', 'recursive'],
  PROPAGATION: [4, 'su', 'target', 'flags'],
  UMOUNT: [5, 'su', 'target', 'flags'],
  ROOT: [6, 's', 'path'],
  PIVOT: [7, ''],
  CHDIR: [8, 's', 'path'],
  MKDIR: [9, 'su', 'path', 'mode'],
  MKDIRS: [10, 'su', 'path', 'mode'],
  MKFILE: [11, 'su', 'path', 'mode'],
  MKNOD: [12, 'suu', 'path', 'mode', 'device'],
  SYMLINK: [13, 'ss', 'content', 'path'],
  WRITE: [14, 'sb', 'path', 'data'],
  PUTFILE: [15, 'sub', 'path', 'mode', 'data'],
  CHOWN: [16, 'suu', 'path', 'uid', 'gid'],
  CHMOD: [17, 'su', 'path', 'mode'],
  REMOVE: [18, 's', 'path'],
  RMDIR: [19, 's', 'path'],
  RMTREE: [20, 's', 'path'],
  RENAME: [21, 'ss', 'from', 'to'],
  SETXATTR: [22, 'ssb', 'path', 'name', 'value'],
  OPEN: [23, 'usuu', 'slot', 'path', 'flags', 'mode'],
  CLOSE: [24, 'u', 'slot'],
  DUP: [25, 'uu', 'from', 'to'],
  UNSHARE: [26, 'u', 'flags'],
  SETNS: [27, 'uu', 'slot', 'flags'],
  HOSTNAME: [28, 's', 'name'],
  DOMAINNAME: [29, 's', 'name'],
  RLIMIT: [30, 'uuu', 'resource', 'soft', 'hard'],
  NETLINK: [31, 'iub', 'slot', 'protocol', 'messages'],
  UMASK: [32, 'u', 'mask'],
  BOUNDING: [33, 'u', 'mask'],
  USER: [34, 'uub', 'uid', 'gid', 'groups'],
  CAPABILITIES: [35, 'uuuu', 'effective', 'permitted', 'inheritable', 'ambient'],
  NO_NEW_PRIVS: [36, ''],
  SECCOMP: [37, 'ub', 'flags', 'program'],
  SETSID: [38, ''],
  PTY: [39, 'uuu', 'slot', 'rows', 'columns'],
  DEATHSIG: [40, 'uu', 'signal', 'slot'],
  WAIT: [41, 'u', 'slot'],
  NICE: [42, 'i', 'value'],
  CGROUP_KILL: [43, 'su', 'path', 'timeout'],
  CGROUP_REMOVE: [44, 's', 'path'],
  EXEC: [45, 'vvu', 'argv', 'envp', 'flags'],
  SYNCFS: [46, 's', 'path'],
  BPF_DEVICE: [47, 'sb', 'path', 'program'],
  STDIO_OWNER: [48, 'u', 'uid'],
  COPYTREE: [49, 'ss', 'from', 'to'],
  SCAN: [50, 'su', 'path', 'fd'],
  SUBVOLUME: [51, 's', 'path'],
  SNAPSHOT: [52, 'ss', 'from', 'to'],
  SUBVOLUME_DELETE: [53, 's', 'path'],
  LOOP_ATTACH: [54, 'su', 'path', 'fd'],
  LOOP_DETACH: [55, 's', 'path'],
  DM_CREATE: [56, 'suss', 'name', 'sectors', 'target', 'parameters'],
  DM_REMOVE: [57, 'su', 'name', 'deferred'],
  DM_MESSAGE: [58, 'ss', 'name', 'message'],
  DM_STATUS: [59, 'su', 'name', 'fd'],
  DM_DISCARD: [60, 's', 'name'],
  IDMAP: [61, 'sss', 'source', 'target', 'userns'],
  FSUSER: [62, 'uu', 'uid', 'gid'],
  PROXY: [64, 'ub', 'slot', 'address'],
  SCAN_CONTENT: [63, 'su', 'path', 'fd'],
  SOCKET: [65, 'uuubu', 'slot', 'domain', 'type', 'address', 'backlog'],
  TELL: [66, 'u', 'slot'],
  LOOKUP: [67, 'ss', 'program', 'searchPath'],
  PASS: [68, 'uu', 'slot', 'count'],
  PROGRAM: [69, 's', 'path'],
};
