// The numbers of native/include/tsker.h as TypeScript sees them: flags, event types, sizes and offsets of structures.
// Nothing is computed here; scripts/check-abi.ts fails when this file and the header disagree.

/** TSKER_ABI. */
export const ABI_VERSION = 1;

/** The wire format of a plan: TSKER_PLAN_*, TSKER_SLOT_*, sizes of its headers. */
export const PLAN = {
  magic: 0x504b5354,
  maxSize: 16 * 1024 * 1024,
  maxOps: 65536,
  headerSize: 16,
  opHeaderSize: 8,
  trace: 1,
} as const;

/** Well-known descriptors of the helper. */
export const SLOT = { plan: 3, report: 4, first: 5, max: 128 } as const;

/** TSKER_OPF_*. */
export const OPF = { inRoot: 1, optional: 2 } as const;

/** TSKER_BIND_*. */
export const BIND = { rec: 1, rdonly: 2, nosuid: 4, nodev: 8, noexec: 16, rdonlyRec: 32, slot: 64 } as const;

/** TSKER_EXEC_*. */
export const EXEC = { init: 1 } as const;

/** enum tsker_event_type. */
export const EVENT = {
  execed: 1,
  failed: 2,
  exited: 3,
  trace: 4,
  stream: 5,
  logged: 6,
  job: 7,
  sink: 8,
  parked: 9,
} as const;

/** struct tsker_event: its size and the offsets of its fields. */
export const EVENT_LAYOUT = { size: 32, id: 0, type: 8, a: 12, b: 16, ns: 24 } as const;

/** TSKER_SECCOMP_MAX: BPF_MAXINSNS instructions of 8 bytes, no filter can be larger. */
export const SECCOMP_PROGRAM_MAX = 32_768;
/** TSKER_PREFER_MAX_HELPERS. */
export const PREFER_MAX_HELPERS = 16;
/** TSKER_SPAWN_MAX_FDS. */
export const SPAWN_MAX_FDS = 64;

/** TSKER_SPAWN_*. */
export const SPAWN = { userns: 1, leave: 2 } as const;

/** struct tsker_spawn. */
export const SPAWN_LAYOUT = {
  size: 296,
  id: 0,
  cloneFlags: 8,
  cgroupFd: 16,
  pidnsFd: 20,
  flags: 24,
  nfds: 28,
  fds: 32,
  usernsFd: 288,
} as const;

/** TSKER_EXTRACT_*. */
export const EXTRACT = { overlay: 1, apply: 2, adopt: 4 } as const;

/** TSKER_ASSEMBLE_*. */
export const ASSEMBLE = { gzip: 1 } as const;

/** enum tsker_extract_stage. */
export const EXTRACT_STAGE = {
  read: 1,
  inflate: 2,
  tar: 3,
  write: 4,
  path: 5,
  directory: 6,
  file: 7,
  breakout: 8,
} as const;

/** struct tsker_extract_result. */
export const EXTRACT_LAYOUT = {
  size: 616,
  error: 0,
  stage: 4,
  bytesIn: 8,
  bytesTar: 16,
  contentSize: 24,
  entries: 32,
  sha256In: 40,
  sha256Tar: 72,
  message: 104,
} as const;

/** TSKER_SCAN_*. */
export const SCAN = { opaque: 1, digest: 2 } as const;

/** struct tsker_scan_record; the path follows it. */
export const SCAN_LAYOUT = {
  size: 88,
  recordSize: 0,
  flags: 4,
  mode: 8,
  links: 12,
  uid: 16,
  gid: 20,
  inode: 24,
  device: 32,
  bytes: 40,
  seconds: 48,
  nanoseconds: 56,
  pathSize: 60,
  xattrs: 64,
  link: 72,
  allocated: 80,
} as const;

/** TSKER_ID_*. */
export const ID = { user: 1, group: 2 } as const;

/** struct tsker_id_range. */
export const ID_RANGE_LAYOUT = { size: 16, kinds: 0, inside: 4, outside: 8, count: 12 } as const;

/** TSKER_VIEW_*. */
export const VIEW = { mounts: 1, rdonly: 2 } as const;

/** TSKER_STAT_*. */
export const STAT = { open: 1 } as const;

/** struct tsker_stat_result. */
export const STAT_LAYOUT = {
  size: 4136,
  error: 0,
  fd: 4,
  mode: 8,
  uid: 12,
  gid: 16,
  nanoseconds: 20,
  seconds: 24,
  bytes: 32,
  target: 40,
} as const;

/** TSKER_PACK_*. */
export const PACK = { digest: 1, overlay: 2, xdev: 4, chunked: 8, plain: 16 } as const;

/** TSKER_LIST_*. */
export const LIST = { present: 1, deleted: 2 } as const;

/** struct tsker_pack_result. */
export const PACK_LAYOUT = {
  size: 584,
  error: 0,
  stage: 4,
  bytes: 8,
  contentSize: 16,
  entries: 24,
  changed: 32,
  skipped: 36,
  sha256: 40,
  message: 72,
} as const;

/** TSKER_PLACE_*. */
export const PLACE = { keepKind: 1, owner: 2, mode: 4, plain: 8, modeShift: 16 } as const;

/** struct tsker_place_result. */
export const PLACE_LAYOUT = { size: 536, error: 0, stage: 4, contentSize: 8, entries: 16, message: 24 } as const;

/** TSKER_PUMP_*. */
export const PUMP = { tty: 1, held: 2 } as const;

/** TSKER_TEE_*. */
export const TEE = { stdout: 1, stderr: 2, mux: 4, carry: 8 } as const;

/** TSKER_LOG_*. */
export const LOG = { compress: 1, nonblock: 2 } as const;

/** struct tsker_log. */
export const LOG_LAYOUT = { size: 24, maxSize: 0, buffer: 8, maxFiles: 16, flags: 20 } as const;

/** TSKER_REMOTE_*. */
export const REMOTE = { counted: 1, nonblock: 2, lossy: 4 } as const;

/** enum tsker_remote_time. */
export const TIME = { stamp: 0, rfc3339: 1, micro: 2 } as const;

/** struct tsker_remote. */
export const REMOTE_LAYOUT = {
  size: 24,
  buffer: 0,
  flags: 8,
  time: 12,
  stdoutPriority: 16,
  stderrPriority: 20,
} as const;

/** TSKER_HAS_*. */
export const HAS = {
  cloneIntoCgroup: 1,
  openat2: 2,
  mountSetattr: 4,
  seccomp: 8,
  nftables: 16,
  userns: 32,
  overlay: 64,
  sysResource: 128,
} as const;
