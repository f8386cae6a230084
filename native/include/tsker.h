/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole contract between TypeScript and C: the functions of libtsker.so, the launch plan that
 * tsker-init and the host worker execute, and the event records. `src/native/abi.ts` is its TypeScript
 * face; `scripts/check` fails when the two disagree.
 *
 * Rules: little-endian, no pointers in the wire formats, no length trusted. Functions return a
 * non-negative value or a negative errno; they never print, never exit, and keep no memory for the caller.
 */
#ifndef TSKER_H
#define TSKER_H

#include <stddef.h>
#include <stdint.h>

#define TSKER_ABI 1
#define TSKER_API __attribute__((visibility("default")))

/* ------------------------------------------------------------------ launch plan ------------------
 *
 * A plan is a header and `count` operations, executed in order until one fails:
 *
 *   struct tsker_plan_header, then per operation: struct tsker_op_header, its arguments.
 *
 * Arguments follow the operation's signature, each padded with zeros to a multiple of 4 bytes:
 *   u  unsigned 64 bit            s  string: u32 length without the NUL, bytes, NUL
 *   i  signed 64 bit              b  blob:   u32 length, bytes
 *   v  vector: u32 count, then so many strings (s)
 *
 * Two interpreters share the operations' code: tsker-init, in the new process ("helper"), and a worker
 * thread of the daemon ("host", tsker_job_plan). The scope column says who may run an operation:
 *   B both, H the helper only, D the daemon's worker only.
 *
 * Slots are descriptor numbers in the helper: 0-2 stdio, 3 the plan, 4 the report, 5 and up what the
 * spawn passed, then what OPEN placed. Every slot from 3 on is close-on-exec.
 */
#define TSKER_PLAN_MAGIC 0x504b5354u /* "TSKP" */
#define TSKER_PLAN_MAX (16u << 20)
#define TSKER_PLAN_MAX_OPS 65536u
#define TSKER_SLOT_PLAN 3
#define TSKER_SLOT_REPORT 4
#define TSKER_SLOT_FIRST 5
#define TSKER_SLOT_MAX 128

#define TSKER_PLAN_TRACE 1u /* report every operation with its duration, not only a failure */

struct tsker_plan_header {
  uint32_t magic;
  uint16_t version; /* TSKER_ABI */
  uint16_t flags;   /* TSKER_PLAN_* */
  uint32_t count;
  uint32_t size; /* of the whole plan, this header included */
};

struct tsker_op_header {
  uint16_t op;
  uint8_t flags;    /* TSKER_OPF_* */
  uint8_t tolerate; /* an errno (<256) that counts as success, 0: none */
  uint32_t size;    /* of the arguments that follow */
};

#define TSKER_OPF_IN_ROOT 1u  /* the target path is resolved inside the root set by ROOT (openat2 RESOLVE_IN_ROOT):
                                 no link or race of the image leads outside. Applies to the last path of MOUNT, BIND,
                                 and SYMLINK, and to the only path of MKDIR(S), MKFILE, MKNOD, WRITE, CHOWN, CHMOD,
                                 REMOVE, RMDIR, MOUNT_ATTR, UMOUNT, CHDIR */
#define TSKER_OPF_OPTIONAL 2u /* any failure is reported (as a trace record) and the plan goes on */

/*      name          no  signature  scope  arguments */
#define TSKER_OPS(X)                                                                                           \
  X(MOUNT,          1, "sssus",  'B') /* source, target, fstype, MS_* flags, data: mount(2) of a file system */ \
  X(BIND,           2, "ssuu",   'B') /* source, target, TSKER_BIND_* flags, propagation (MS_PRIVATE.. or 0) */ \
  X(MOUNT_ATTR,     3, "suuu",   'B') /* target, attr_set, attr_clr, recursive 0/1: mount_setattr(2) */         \
  X(PROPAGATION,    4, "su",     'B') /* target, MS_REC|MS_PRIVATE.. */                                         \
  X(UMOUNT,         5, "su",     'B') /* target, MNT_DETACH.. */                                                \
  X(ROOT,           6, "s",      'H') /* path: open it as the root for IN_ROOT and PIVOT */                     \
  X(PIVOT,          7, "",       'H') /* pivot_root into ROOT, detach the old root, chdir / */                  \
  X(CHDIR,          8, "s",      'B') /* the worker's threads have a working directory each (CLONE_FS) */       \
  X(MKDIR,          9, "su",     'B') /* path, mode */                                                          \
  X(MKDIRS,        10, "su",     'B') /* path, mode of what is missing, parents included; exists: success */    \
  X(MKFILE,        11, "su",     'B') /* path, mode: an empty file if missing, never truncates */               \
  X(MKNOD,         12, "suu",    'B') /* path, mode with S_IFMT, dev_t */                                       \
  X(SYMLINK,       13, "ss",     'B') /* content, path */                                                       \
  X(WRITE,         14, "sb",     'B') /* path, bytes: one open(O_WRONLY) and one write, for /proc, /sys, cgroup */ \
  X(PUTFILE,       15, "sub",    'B') /* path, mode, bytes: write path.tmp, fsync, rename */                    \
  X(CHOWN,         16, "suu",    'B') /* path, uid, gid; does not follow a link */                              \
  X(CHMOD,         17, "su",     'B') /* path, mode */                                                          \
  X(REMOVE,        18, "s",      'B') /* unlink */                                                              \
  X(RMDIR,         19, "s",      'B')                                                                           \
  X(RMTREE,        20, "s",      'D') /* recursive, descriptor based, follows no link, crosses no mount */      \
  X(RENAME,        21, "ss",     'B') /* from, to */                                                            \
  X(SETXATTR,      22, "ssb",    'B') /* path, name, value; does not follow a link */                           \
  X(OPEN,          23, "usuu",   'H') /* slot, path, O_* flags, mode */                                         \
  X(CLOSE,         24, "u",      'H') /* slot */                                                                \
  X(DUP,           25, "uu",     'H') /* from slot, to slot (to 0..2 it is not close-on-exec) */                \
  X(UNSHARE,       26, "u",      'H') /* CLONE_NEW* */                                                          \
  X(SETNS,         27, "uu",     'H') /* slot (namespace or pidfd), CLONE_NEW* */                               \
  X(HOSTNAME,      28, "s",      'H')                                                                           \
  X(DOMAINNAME,    29, "s",      'H')                                                                           \
  X(RLIMIT,        30, "uuu",    'H') /* resource, soft, hard */                                                \
  X(NETLINK,       31, "iub",    'B') /* slot or -1 (a socket in the current namespace), protocol, messages with  \
                                         NLM_F_ACK: sent as one batch, the first negative answer is the errno.   \
                                         A socket is one helper's at a time: answers cannot be told apart */     \
  X(UMASK,         32, "u",      'H') /* of the program (022 without); modes in a plan are never masked */        \
  X(BOUNDING,      33, "u",      'H') /* capability mask to keep in the bounding set */                         \
  X(USER,          34, "uub",    'H') /* uid, gid, supplementary gids (u32 each); keeps capabilities */         \
  X(CAPABILITIES,  35, "uuuu",   'H') /* effective, permitted, inheritable, ambient masks */                    \
  X(NO_NEW_PRIVS,  36, "",       'H')                                                                           \
  X(SECCOMP,       37, "ub",     'H') /* SECCOMP_FILTER_FLAG_*, struct sock_filter[] */                         \
  X(SETSID,        38, "",       'H')                                                                           \
  X(PTY,           39, "uuu",    'H') /* slot of a unix socket, rows, columns: a terminal of the container's own   \
                                         /dev/pts; the master goes over the socket (SCM_RIGHTS), the slave becomes  \
                                         0-2, the controlling terminal and, when ROOT was set (before or after    \
                                         PIVOT; not in an exec), /dev/console */                                \
  X(DEATHSIG,      40, "uu",     'H') /* signal, slot of a pidfd of the daemon, polled to see that it still lives */ \
  X(WAIT,          41, "u",      'H') /* slot: read one byte before going on; end of file is ECANCELED */       \
  X(NICE,          42, "i",      'H')                                                                           \
  X(CGROUP_KILL,   43, "su",     'D') /* cgroup directory, milliseconds: SIGKILL all in it until it is empty */ \
  X(CGROUP_REMOVE, 44, "s",      'D') /* cgroup directory: rmdir with its children, retried while EBUSY */      \
  X(EXEC,          45, "vvu",    'H') /* argv, envp, flags TSKER_EXEC_*: the last operation. argv[0] without a slash is  \
                                         looked up in envp's PATH, in the container. When nobody reads the report  \
                                         any more, a failure is told on descriptor 2, and the exit code is 1 */                         \
  X(SYNCFS,        46, "s",      'D') /* path: syncfs(2) of its file system */                                   \
  X(BPF_DEVICE,    47, "sb",     'B') /* cgroup v2 directory, struct bpf_insn[]: load it as BPF_PROG_TYPE_CGROUP_DEVICE  \
                                         (license "Apache") and attach it with BPF_F_ALLOW_MULTI */              \
  X(STDIO_OWNER,   48, "u",      'H') /* uid: fchown descriptors 0-2 but /dev/null, so that a user's program can reopen    \
                                         /dev/stdout; EPERM, EROFS and EINVAL (unmapped) are success */         \
  X(COPYTREE,      49, "ss",     'D') /* from, to (an existing, empty directory): everything below, with hard links,  \
                                         xattrs, owners, modes, times, devices and holes; data shared where it can be */ \
  X(SCAN,          50, "su",     'D') /* path, descriptor: writes a tsker_scan_record for every name below path, a    \
                                         directory before what it holds; the descriptor stays the caller's */     \
  X(SUBVOLUME,     51, "s",      'D') /* path: makes a btrfs subvolume */                                       \
  X(SNAPSHOT,      52, "ss",     'D') /* from (a subvolume), to: makes a writable snapshot */                    \
  X(SUBVOLUME_DELETE, 53, "s",   'D') /* path: the subvolume with all that were made in it */                   \
  X(LOOP_ATTACH,   54, "su",     'D') /* file, descriptor: makes it a loop device unless it is one, and writes   \
                                         "major:minor" and a newline; the descriptor stays the caller's */       \
  X(LOOP_DETACH,   55, "s",      'D') /* file; ENOENT: it is no device's */                                     \
  X(DM_CREATE,     56, "suss",   'D') /* name, sectors, target type, parameters: a mapped device with one target,  \
                                         and /dev/mapper/name. EBUSY: there is one of that name */               \
  X(DM_REMOVE,     57, "su",     'D') /* name, deferred 0/1 (in use: gone with its last user). ENXIO: none */    \
  X(DM_MESSAGE,    58, "ss",     'D') /* name, message to its target */                                         \
  X(DM_STATUS,     59, "su",     'D') /* name, descriptor: writes what the target says of itself; the descriptor   \
                                         stays the caller's */                                                   \
  X(DM_DISCARD,    60, "s",      'D') /* name: BLKDISCARD of the whole device */                                \
  X(IDMAP,         61, "sss",    'D') /* source, target, path of a user namespace: a bind mount whose owners are those      \
                                         that the namespace's maps make of them; of one mount, private */ \
  X(FSUSER,        62, "uu",     'B') /* uid, gid that this thread's files belong to for the rest of the plan, and on whose    \
                                         behalf an overlay that it mounts works; it keeps its capabilities */ \
  X(SCAN_CONTENT,  63, "su",     'D') /* as SCAN, with the digest of what is in files and links behind the path */ \
  X(PROXY,         64, "ub",     'H') /* slot of a bound (a stream's: listening) socket, struct sockaddr of the target: forwards  \
                                         between them until it is killed. The last operation */ \
  X(SOCKET,        65, "uuubu",  'H') /* slot of a unix socket, domain, type, address (struct sockaddr), backlog  \
                                         (0: it does not listen): a non-blocking socket of the current namespace,  \
                                         bound; it goes over the unix socket (SCM_RIGHTS) */ \
  X(TELL,          66, "u",      'H') /* slot: writes one byte, so that whoever reads it knows how far the plan has come */ \
  X(LOOKUP,        67, "ss",     'H') /* program, PATH: whether EXEC would find a file that it may execute: ENOENT, EACCES */ \
  X(PASS,          68, "uu",     'H') /* first slot, count: they become descriptors 3, 4, ... of the program. Right before \
                                         EXEC: the slots of the plan and of the report are used up by it */ \
  X(PROGRAM,       69, "s",      'H') /* path: the file that EXEC executes, in place of the one that argv[0] names */

enum tsker_op {
#define X(name, number, signature, scope) TSKER_OP_##name = number,
  TSKER_OPS(X)
#undef X
};

#define TSKER_BIND_REC 1u
#define TSKER_BIND_RDONLY 2u
#define TSKER_BIND_NOSUID 4u
#define TSKER_BIND_NODEV 8u
#define TSKER_BIND_NOEXEC 16u
#define TSKER_BIND_RDONLY_REC 32u /* read-only for the submounts too (mount_setattr AT_RECURSIVE) */
#define TSKER_BIND_SLOT 64u       /* source is a slot number in decimal: an O_PATH descriptor or a detached mount */

#define TSKER_EXEC_INIT 1u /* stay as PID 1: run the program as a child, forward signals, reap (--init) */

/* What SCAN writes: this, the path below the directory (no slash before it, no NUL), with TSKER_SCAN_DIGEST 32 bytes of
 * SHA-256, zeros up to `size`. */
struct tsker_scan_record {
  uint32_t size; /* of the record, path and padding included; a multiple of 8 */
  uint32_t flags; /* TSKER_SCAN_* */
  uint32_t mode;
  uint32_t links;
  uint32_t uid;
  uint32_t gid;
  uint64_t inode;
  uint64_t device; /* st_rdev */
  uint64_t bytes;
  int64_t seconds; /* mtime */
  uint32_t nanoseconds;
  uint32_t path_size;
  uint64_t xattrs; /* sum of a hash of each name and value, overlay's own left out; 0: none */
  uint64_t link; /* hash of a symbolic link's content */
  uint64_t allocated; /* bytes that it takes on the disk */
};
#define TSKER_SCAN_OPAQUE 1u /* a directory with trusted.overlay.opaque=y */
#define TSKER_SCAN_DIGEST 2u /* a file or symbolic link whose content's digest follows the path */

/* What the helper writes to the report slot. Without TRACE only the failure, if any, and that execve is next: end of
 * file after that and no failure means that the program was executed (end of file before it: the helper was killed). */
#define TSKER_REPORT_EXEC 0xfffffffeu      /* index: all operations succeeded, execve (or the plan's end) is next */
#define TSKER_REPORT_CONTINUED 0x80000000u /* or'ed to the index: an OPTIONAL operation failed, the plan goes on */
struct tsker_report {
  uint32_t index; /* of the operation; UINT32_MAX: the plan itself could not be read */
  int32_t error;  /* positive errno, 0 in a trace of success */
  uint64_t ns;    /* duration */
};

/* ------------------------------------------------------------------ events -----------------------
 *
 * One pipe carries everything asynchronous to the event loop, as 32-byte records. */
enum tsker_event_type {
  TSKER_EV_EXECED = 1, /* id: spawn. The program runs. */
  TSKER_EV_FAILED = 2, /* id: spawn. a: index of the operation (-1: the plan, or with ECANCELED killed before its
                          program was executed), b: errno. EXITED follows. */
  TSKER_EV_EXITED = 3, /* id: spawn. a: si_status, b: si_code (CLD_EXITED, CLD_KILLED, CLD_DUMPED). Reaped. */
  TSKER_EV_TRACE = 4,  /* id: spawn or job of a plan. a: index, b: errno, ns: duration of the operation. Without
                          TSKER_PLAN_TRACE only for OPTIONAL operations that failed */
  TSKER_EV_STREAM = 5, /* id: pump. All output has been read, written to the log and handed to the tees. a: lines that
                          the log did not take, b: the errno of the last that failed */
  TSKER_EV_LOGGED = 6, /* id: pump or log. The log grew since tsker_pump_watch or tsker_log_watch armed this */
  TSKER_EV_JOB = 7,    /* id: job. a: 0 or negative errno, b: index of the failed operation or stage; see each job */
  TSKER_EV_SINK = 8,   /* id: remote sink. a: errno with which its connection ended, 0: all has been sent and
                          tsker_sink_end had asked for this. b: lines lost since this was told last */
  TSKER_EV_PARKED = 9, /* id: pump. It reads no more, and its log has all that it has read */
};

struct tsker_event {
  uint64_t id;
  uint32_t type;
  int32_t a;
  int32_t b;
  uint32_t reserved;
  uint64_t ns; /* CLOCK_MONOTONIC of the event, or a duration for TRACE */
};

/* Starts the library's threads (reaper, pump, workers). `helper` is the tsker-init executable, kept in a sealed memfd.
 * Returns the read end of the event pipe (non-blocking, close-on-exec). Once per process. */
TSKER_API int32_t tsker_start(const uint8_t *helper, uint32_t helper_size, uint32_t workers);
TSKER_API int32_t tsker_abi(void);

/* ------------------------------------------------------------------ spawn ------------------------ */
#define TSKER_SPAWN_MAX_FDS 64

struct tsker_spawn {
  uint64_t id;
  uint64_t clone_flags; /* CLONE_NEW*; leave CLONE_NEWNET to the plan (UNSHARE is cheaper there) */
  int32_t cgroup_fd;    /* cgroup v2 directory for CLONE_INTO_CGROUP, or -1 */
  int32_t pidns_fd;     /* PID namespace to be born in (exec), or -1: the calling thread's children enter it */
  uint32_t flags;       /* TSKER_SPAWN_* */
  uint32_t nfds;        /* descriptors that become slots 0,1,2,5,6,...; at least 3 */
  int32_t fds[TSKER_SPAWN_MAX_FDS];
  int32_t userns_fd;    /* with TSKER_SPAWN_USERNS */
  uint32_t reserved;
};
#define TSKER_SPAWN_LEAVE 2u /* not reaped: it is left to whoever is its parent after us, with its exit status */
#define TSKER_SPAWN_USERNS 1u /* born in the user namespace userns_fd, which owns the namespaces that it makes */

/* clone3(CLONE_VM|CLONE_VFORK|CLONE_PIDFD) + execveat of the sealed helper. The caller keeps its descriptors.
 * CLONE_NEWUSER: the helper keeps all capabilities in the new namespace; let its plan WAIT until the maps are written.
 * An error is returned when there is no process (-EINVAL also for a malformed plan); all that fails later is an event.
 * out[0] the pid in the daemon's namespace, out[1] a pidfd (owned by the caller). Events EXECED|FAILED, then EXITED. */
TSKER_API int32_t tsker_spawn(const uint8_t *spawn, uint32_t spawn_size, const uint8_t *plan, uint32_t plan_size,
                              int32_t *out);

/* Adopt a process of which we hold a pidfd: EXITED when it ends (a/b are 0 when it is not our child). */
TSKER_API int32_t tsker_watch(uint64_t id, int32_t pidfd);
TSKER_API int32_t tsker_pidfd_open(int32_t pid);
TSKER_API int32_t tsker_signal(int32_t pidfd, int32_t signal);

/* ------------------------------------------------------------------ jobs ------------------------- */
/* Runs a plan of B and D operations on a worker thread. EV_JOB: a, b = index of the failing operation. A cancelled plan
 * ends before its next operation. */
TSKER_API int32_t tsker_job_plan(uint64_t id, const uint8_t *plan, uint32_t plan_size);

/* Applies one layer: reads a tar (plain, gzip or zstd, told apart by its first bytes) from `fd` until its end (the fd
 * is taken over and closed), writes below `target` (a directory made by the caller), hashing both the bytes read and the
 * uncompressed tar. EV_JOB: a, b = enum tsker_extract_stage. The result stays until tsker_job_result takes it. */
#define TSKER_EXTRACT_OVERLAY 1u /* whiteouts become 0:0 devices, opaque directories get trusted.overlay.opaque */
#define TSKER_EXTRACT_APPLY 2u   /* whiteouts delete what the lower layers left in `target` (vfs) */
#define TSKER_EXTRACT_ADOPT 4u   /* `target` holds the entries already: nothing is written but the recording */
enum tsker_extract_stage {
  TSKER_STAGE_READ = 1,
  TSKER_STAGE_INFLATE = 2,
  TSKER_STAGE_TAR = 3,
  TSKER_STAGE_WRITE = 4,
  /* of archives only (below): */
  TSKER_STAGE_PATH = 5,      /* the path that was asked for */
  TSKER_STAGE_DIRECTORY = 6, /* a directory stands where the archive has something else */
  TSKER_STAGE_FILE = 7,      /* something else stands where the archive has a directory */
  TSKER_STAGE_BREAKOUT = 8,  /* an entry's name leads out of the directory */
};
struct tsker_extract_result {
  int32_t error; /* 0 or negative errno */
  int32_t stage;
  uint64_t bytes_in;  /* read from fd */
  uint64_t bytes_tar; /* uncompressed */
  uint64_t size;      /* sum of the sizes of regular files written: the layer's size as Docker counts it */
  uint64_t entries;
  uint8_t sha256_in[32];
  uint8_t sha256_tar[32];
  char message[512]; /* NUL-terminated: the entry and what was wrong with it */
};
/* `record`: the path of a new file for the recording of the archive, from which tsker_job_assemble gives it back; "": none. */
TSKER_API int32_t tsker_job_extract(uint64_t id, int32_t fd, const char *target, uint32_t flags, const char *record);
/* Writes the tar that was extracted, byte for byte, to `fd` (taken over and closed), from its recording and the directory it
 * was extracted to. The result is a tsker_extract_result: bytes_tar and sha256_tar of the tar, bytes_in and sha256_in of the
 * bytes written. */
#define TSKER_ASSEMBLE_GZIP 1u /* compressed on the way */
TSKER_API int32_t tsker_job_assemble(uint64_t id, const char *record, const char *tree, int32_t fd, uint32_t flags);
TSKER_API int32_t tsker_job_result(uint64_t id, uint8_t *out, uint32_t size);
/* Makes a running job stop with ECANCELED as soon as it can. */
TSKER_API int32_t tsker_job_cancel(uint64_t id);

/* ------------------------------------------------------------------ archives ---------------------
 *
 * Trees as tar, out of and into a root. `root` is the descriptor of a directory (O_PATH is enough); it is duplicated and
 * stays the caller's. A path is resolved below it by openat2(RESOLVE_IN_ROOT, no magic links), and all work after that is
 * by descriptor: whatever the container does meanwhile, nothing outside of the root is read or written. What lies on
 * proc, sysfs, cgroup and other file systems that are the kernel's interface is neither read nor written. */

/* Ids of a user namespace: `count` ids from `inside` on are those from `outside` on in the file system. The first range
 * that fits counts; with no range of a kind its ids are the same inside and outside. */
#define TSKER_ID_USER 1u
#define TSKER_ID_GROUP 2u
struct tsker_id_range {
  uint32_t kinds; /* TSKER_ID_* */
  uint32_t inside;
  uint32_t outside;
  uint32_t count;
};

/* Makes a root to work in: a detached copy of mounts, which no path leads to, on which no device can be opened and no
 * program executed, and which is gone when its descriptor is closed (by tsker_job_close: that may take a while).
 *   pidfd >= 0: what the process sees from its mount namespace's root. plan_size is 0. -EXDEV: it sees what we see.
 *   pidfd < 0: what the plan makes, in a mount namespace of its own: MOUNT, BIND, MOUNT_ATTR, CHDIR, FSUSER, MKDIR, MKDIRS, MKFILE,
 *     and ROOT, which names the directory to be copied, and from there on the root for IN_ROOT.
 * EV_JOB: a is an error and b the index of the failing operation, or a is 0 and b the descriptor. */
#define TSKER_VIEW_MOUNTS 1u /* with what is mounted below */
#define TSKER_VIEW_RDONLY 2u
TSKER_API int32_t tsker_job_view(uint64_t id, int32_t pidfd, const uint8_t *plan, uint32_t plan_size, uint32_t flags);
/* close(2) on a worker. */
TSKER_API int32_t tsker_job_close(uint64_t id, int32_t fd);

/* What is at a path, as lstat(2): a link at its end is not followed, but for a slash after it. EV_JOB: a, b = stage. */
#define TSKER_STAT_OPEN 1u /* keep it open: the result's descriptor is the caller's */
struct tsker_stat_result {
  int32_t error;
  int32_t fd; /* O_PATH, or -1 */
  uint32_t mode;
  uint32_t uid;
  uint32_t gid;
  uint32_t nanoseconds; /* of the mtime */
  int64_t seconds;
  uint64_t size;
  char target[4096]; /* of a link: where it leads in the end, from the root, as far as that exists. NUL-terminated */
};
TSKER_API int32_t tsker_job_stat(uint64_t id, int32_t root, const char *path, uint32_t flags);

/* Writes what is at `path` (not following a link at its end; "": what `root` itself is, which may then be a file) as a tar
 * stream to `out` (taken over and closed; made non-blocking when it is a pipe or socket; -1: only count and hash) as Docker
 * does, byte for byte: pax where ustar does not hold it, whole seconds, numeric owners, names in the order of their bytes.
 * The entry itself is called `name`, and what is below it name/...; with "" for a name there is no entry for it. Names that
 * vanish meanwhile and sockets are passed over; files that change their size are cut or padded: both are counted.
 * EV_JOB: a, b = stage (READ: the tree, WRITE: the stream). The result stays until tsker_job_result takes it. */
#define TSKER_PACK_DIGEST 1u
#define TSKER_PACK_OVERLAY 2u /* an overlay upper directory as a layer: whiteouts and opaque directories in OCI's form.
                                 -EOPNOTSUPP for redirects and metacopies, which have no such form */
#define TSKER_PACK_XDEV 4u    /* of directories on another file system only the entry */
#define TSKER_PACK_CHUNKED 8u /* `out` gets chunks of HTTP/1.1, all but the last one (of size 0). Not with DIGEST */
#define TSKER_PACK_PLAIN 16u  /* as tsker's client packs: files, directories and links, every name with its own data and without
                                 xattrs; what is none of them is skipped, what cannot be looked at or becomes shorter fails;
                                 -EOPNOTSUPP for the kernel's own file systems. Not with OVERLAY */
struct tsker_pack_result {
  int32_t error;
  int32_t stage;
  uint64_t bytes; /* of the tar */
  uint64_t size;  /* sum of the sizes of regular files */
  uint64_t entries;
  uint32_t changed; /* files whose size changed */
  uint32_t skipped; /* sockets, what vanished, and what a layer cannot hold */
  uint8_t sha256[32];
  char message[512];
};
TSKER_API int32_t tsker_job_pack(uint64_t id, int32_t root, const char *path, const char *name, int32_t out, uint32_t flags,
                                 const uint8_t *ranges, uint32_t ranges_size);

/* The same for a list of changes below `root`, as a layer: for each a byte, TSKER_LIST_*, and the path from `root`,
 * NUL-terminated. They are written in the order of the list; what is below a directory is not unless it is listed. */
#define TSKER_LIST_PRESENT 1u
#define TSKER_LIST_DELETED 2u /* becomes a whiteout */
TSKER_API int32_t tsker_job_pack_list(uint64_t id, int32_t root, const uint8_t *list, uint32_t list_size, int32_t out,
                                      uint32_t flags, const uint8_t *ranges, uint32_t ranges_size);

/* Unpacks a tar stream (plain, gzip or zstd) from `fd` (taken over and closed) below the directory at `path`, as Docker's
 * cp does: names are relative to that directory, links in them are followed within the root, whiteouts are plain names,
 * an existing directory is merged with, and anything else replaced. Missing directories are made. The stream is read to its
 * end. EV_JOB: a, b = stage. The result stays until tsker_job_result takes it. */
#define TSKER_PLACE_KEEP_KIND 1u /* a directory is not replaced by something else, nor something else by a directory */
#define TSKER_PLACE_OWNER 2u     /* everything belongs to uid and gid (ids inside) instead of the archive's owners */
#define TSKER_PLACE_MODE 4u      /* all that is no link has the permission bits that the flags hold from TSKER_PLACE_MODE_SHIFT on */
#define TSKER_PLACE_PLAIN 8u     /* as tsker's client unpacks: files, directories and links, who makes them owns them, nine permission
                                    bits, no xattrs; nothing is placed through a link. -EOPNOTSUPP for anything else. Not with OWNER */
#define TSKER_PLACE_MODE_SHIFT 16
struct tsker_place_result {
  int32_t error;
  int32_t stage;
  uint64_t size; /* sum of the sizes of regular files */
  uint64_t entries;
  char message[512];
};
TSKER_API int32_t tsker_job_place(uint64_t id, int32_t root, const char *path, int32_t fd, uint32_t flags, uint32_t uid,
                                  uint32_t gid, const uint8_t *ranges, uint32_t ranges_size);

/* ------------------------------------------------------------------ output pump ------------------ */
/* Moves a container's output: reads out_fd and err_fd (err_fd -1 with a terminal), appends json-file lines to log_fd
 * (-1: no log) and feeds the tees. With nothing to read it costs nothing. Descriptors taken over by these functions are
 * closed also when they fail; -ENOENT: no such pump, or it has ended. A log that fails (ENOSPC) loses lines, and
 * neither stops nor delays the output. out_fd, err_fd and log_fd are taken over. */
#define TSKER_PUMP_TTY 1u
#define TSKER_PUMP_HELD 2u /* reads nothing before tsker_pump_release: tees can be added that get the very first byte */
TSKER_API int32_t tsker_pump_start(uint64_t id, int32_t out_fd, int32_t err_fd, int32_t log_fd, uint32_t flags);
/* Adds a tee: output from now on goes to fd (taken over; a pipe or socket), framed with Docker's 8-byte headers
 * (TSKER_TEE_MUX) or raw. A full tee holds back this pump only. Closed at the end of the streams. */
#define TSKER_TEE_STDOUT 1u
#define TSKER_TEE_STDERR 2u
#define TSKER_TEE_MUX 4u
#define TSKER_TEE_CARRY 8u /* first the start of a line whose end has not come: it is in no log yet */
TSKER_API int32_t tsker_pump_tee(uint64_t id, int32_t fd, uint32_t flags);
TSKER_API int32_t tsker_pump_release(uint64_t id);
/* Reads no more until it is resumed. EV_PARKED: the log has all lines that were read, so that who reads it now, and adds a
 * tee (with its carry) before the pump is resumed, gets every byte once. The last of the two calls counts. */
TSKER_API int32_t tsker_pump_park(uint64_t id);
TSKER_API int32_t tsker_pump_resume(uint64_t id);
/* Lines go to this sink from the first on: a log and a remote sink at most, each of one pump at a time (-EBUSY). To be
 * called before the release. The sink stays open when the pump ends. */
TSKER_API int32_t tsker_pump_to(uint64_t id, uint64_t sink);
/* One EV_LOGGED at the next append, for log followers: arm, then read to the end of the log, then wait. */
TSKER_API int32_t tsker_pump_watch(uint64_t id);
/* Swaps the log descriptor of tsker_pump_start; the old one is closed. */
TSKER_API int32_t tsker_pump_log(uint64_t id, int32_t log_fd);
/* Ends the pump now: what is already in the pipes is still read and logged, full tees are dropped, then everything is
 * closed and EV_STREAM sent. */
TSKER_API int32_t tsker_pump_stop(uint64_t id);
/* Ends the pump at its clients' pace: what is already in the pipes is still read, logged and handed to the tees, however
 * long those take; then as above. For a process that has ended and whose children hold its pipes. */
TSKER_API int32_t tsker_pump_drain(uint64_t id);

/* ------------------------------------------------------------------ sinks ------------------------ */
/* A sink is where a pump's lines go besides tees; threads of the library write it, so that a disk or a peer that is slow
 * keeps nobody else waiting. Lines that wait for one are bounded: above `buffer` bytes (0: 1 MiB) the pump reads no more
 * until they are written, or, with NONBLOCK and while a remote sink has no connection, further lines are dropped. */

/* A json-file log with a name. It is made when it is missing (0640), and continued when it is there. */
struct tsker_log {
  uint64_t max_size; /* a file of this many bytes or more is full: it is renamed to path.1, that to path.2 ...; 0: never */
  uint64_t buffer;
  uint32_t max_files; /* the one written included, at least 1 */
  uint32_t flags;     /* TSKER_LOG_* */
};
#define TSKER_LOG_COMPRESS 1u /* path.1 and older become path.1.gz ... */
#define TSKER_LOG_NONBLOCK 2u
/* `path` is absolute; `attributes`: a JSON object that every line bears as attrs, or "". */
TSKER_API int32_t tsker_log_open(uint64_t id, const char *path, const uint8_t *log, uint32_t log_size, const char *attributes);
/* Files are numbered as they come (generations), the older ones present when the log was opened included. This is the
 * number of the one written now: what has a lower one will not change. */
TSKER_API int64_t tsker_log_generation(uint64_t id);
/* A descriptor to read a generation with pread, plain or gzip. -ENOENT: it has been removed, or never was. */
TSKER_API int32_t tsker_log_file(uint64_t id, uint64_t generation);
/* From this generation on files that rotation renames or removes stay readable by tsker_log_file; 0: none (any more).
 * Above 256 MiB the oldest are let go all the same. */
TSKER_API int32_t tsker_log_pin(uint64_t id, uint64_t generation);
/* One EV_LOGGED at the next append: arm, ask for the generation, read to the end, then wait. */
TSKER_API int32_t tsker_log_watch(uint64_t id);

/* Lines as records for a syslog server: <priority> `before` time `after` line newline; empty lines are left out. */
struct tsker_remote {
  uint64_t buffer;
  uint32_t flags; /* TSKER_REMOTE_* */
  uint32_t time;  /* enum tsker_remote_time */
  uint32_t stdout_priority;
  uint32_t stderr_priority;
};
#define TSKER_REMOTE_COUNTED 1u /* a record's length goes before it (RFC 6587, 3.4.1) */
#define TSKER_REMOTE_NONBLOCK 2u
#define TSKER_REMOTE_LOSSY 4u /* ECONNREFUSED does not end the connection (UDP) */
enum tsker_remote_time {
  TSKER_TIME_STAMP = 0,   /* Nov  7 13:55:20, local */
  TSKER_TIME_RFC3339 = 1, /* 2026-11-07T13:55:20+01:00 */
  TSKER_TIME_MICRO = 2,   /* 2026-11-07T13:55:20.123456+01:00 */
};
TSKER_API int32_t tsker_remote_open(uint64_t id, const uint8_t *remote, uint32_t remote_size, const char *before, const char *after);
/* The connection to send by (taken over), a stream or datagrams of a record each; -1: none. What an earlier one had not taken is sent by this, from the beginning
 * of the record it broke off in. Returns the number of lines lost since that was told last. */
TSKER_API int32_t tsker_remote_connect(uint64_t id, int32_t fd);
/* A datagram socket connected to a unix socket's path, or (port not 0) to an address of IPv4 or IPv6 in numbers. */
TSKER_API int32_t tsker_remote_datagram(const char *address, uint32_t port);

/* No more lines will come: one EV_SINK when the last has been written, or 1 when it has been. */
TSKER_API int32_t tsker_sink_end(uint64_t id);
/* Forgets the sink and drops what waits in it. */
TSKER_API int32_t tsker_sink_close(uint64_t id);

/* ------------------------------------------------------------------ descriptors ------------------ */
/* Two descriptors, close-on-exec. kind 0: pipe (out[0] read end), 1: stream socketpair, 2: datagram socketpair, 3: a pipe that holds
 * a megabyte where the kernel gives it */
TSKER_API int32_t tsker_pair(uint32_t kind, uint32_t nonblock, int32_t *out);
TSKER_API int32_t tsker_close(int32_t fd);
TSKER_API int32_t tsker_dup(int32_t fd);
/* open(2) with O_CLOEXEC always added. */
TSKER_API int32_t tsker_open(const char *path, uint32_t flags, uint32_t mode);
/* A connection to the unix stream socket at a path, which is blocking. */
TSKER_API int32_t tsker_connect(const char *path);
/* Receives one descriptor sent over a unix socket (PTY); -EAGAIN when there is none. */
TSKER_API int32_t tsker_recv_fd(int32_t socket);
/* Bytes that wait in a unix stream socket for the peer to read them (SIOCOUTQ counts the kernel's buffers: zero is what is exact). */
TSKER_API int32_t tsker_unread(int32_t socket);
TSKER_API int32_t tsker_pty_resize(int32_t master, uint32_t rows, uint32_t columns);
/* Takes an exclusive lock (flock) without waiting: -EWOULDBLOCK when another process holds it. */
TSKER_API int32_t tsker_lock(int32_t fd);

/* ------------------------------------------------------------------ kernel interfaces ------------ */
/* A socket (SOCK_STREAM, SOCK_DGRAM; protocol as for socket(2)) bound to a struct sockaddr of the host; a stream socket
 * listens. Close-on-exec, non-blocking. */
TSKER_API int32_t tsker_listen(const uint8_t *address, uint32_t size, int32_t type, int32_t protocol);

/* A netlink socket of `protocol` in the daemon's namespace, close-on-exec. */
TSKER_API int32_t tsker_netlink_open(int32_t protocol);
/* Sends `request` (one or more messages) and collects the answers (dump included) into out. Returns their size.
 * A negative acknowledgement is returned as that errno. At least one message must ask for an answer (NLM_F_ACK or a dump);
 * -EMSGSIZE: out is too small, -EINTR: a dump was disturbed by a change, repeat it, -ETIMEDOUT after 5 s of silence. */
TSKER_API int32_t tsker_netlink_call(int32_t fd, const uint8_t *request, uint32_t size, uint8_t *out, uint32_t capacity);
/* Compiles seccomp rules (format below) to BPF on a worker thread. EV_JOB: a = 0 or the errno, -E2BIG when the program is larger
 * than the kernel takes. The result, which tsker_job_result takes, is the program.
 *   u32 default action, u32 errno, u32 count of architectures, so many u32 (AUDIT_ARCH_*), u32 count of rules, then a rule:
 *   u32 action, u32 errno, s name, u32 count of conditions, each u32 argument, u32 enum scmp_compare, u64 a, u64 b.
 * Rules naming a system call that libseccomp does not know are skipped. Level-2 (binary tree) optimisation. */
#define TSKER_SECCOMP_MAX 32768u /* bytes: BPF_MAXINSNS instructions */
TSKER_API int32_t tsker_job_seccomp(uint64_t id, const uint8_t *rules, uint32_t size);
/* statfs(2) magic of a path: overlay or cgroup type probing. */
TSKER_API int64_t tsker_fs_magic(const char *path);
/* lgetxattr(2): the value's size; -ENODATA when there is none. */
TSKER_API int32_t tsker_getxattr(const char *path, const char *name, uint8_t *out, uint32_t capacity);
/* Probes kernel features once; bits TSKER_HAS_*. */
#define TSKER_HAS_CLONE_INTO_CGROUP 1u
#define TSKER_HAS_OPENAT2 2u
#define TSKER_HAS_MOUNT_SETATTR 4u
#define TSKER_HAS_SECCOMP 8u
#define TSKER_HAS_NFTABLES 16u
#define TSKER_HAS_USERNS 32u
#define TSKER_HAS_OVERLAY 64u
#define TSKER_HAS_SYS_RESOURCE 128u
TSKER_API int32_t tsker_features(void);
/* Gives back clean pages of the executable and its libraries that are mapped and may never be needed again. */
TSKER_API int32_t tsker_trim(void);
/* From now on up to `count` descriptors, and not more than the limit allows, are opened without a wait for a larger table. */
TSKER_API int32_t tsker_room_for_descriptors(uint32_t count);
/* Once, from the thread that is to answer: it has a real-time priority (SCHED_RR), and `helpers` (int32 ids) for which it
 * waits at times the one below; what they bring forth is scheduled as usual. While the caller wants a processor for
 * itself alone all of them are scheduled as usual, too. -EPERM where that is not allowed. */
#define TSKER_PREFER_MAX_HELPERS 16u
TSKER_API int32_t tsker_prefer(const uint8_t *helpers, uint32_t count);

#endif
