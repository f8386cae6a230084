/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations of a launch plan: one function each, grouped in ops_*.c by what of the kernel they touch. They know
 * nothing of reports or jobs; the two interpreters are init/main.c (helper) and lib/host_plan.c (daemon).
 *
 * The interpreter runs with umask 0, so that the modes a plan names are the modes it gets; the umask of the program
 * (UMASK, else 022) is applied by EXEC.
 */
#ifndef TSK_OPS_H
#define TSK_OPS_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "common/plan.h"

struct tsk_context {
  int root_fd;                  /* O_PATH descriptor set by ROOT, at or above TSKER_SLOT_MAX; -1 before */
  mode_t umask;                 /* of the program */
  const char *program;          /* set by PROGRAM; NULL: what argv[0] names */
  bool fs_user;                 /* set by FSUSER: whoever runs the plan calls tsk_fs_user(0, 0) at its end */
  bool old_mount_api;           /* do not try open_tree and mount_setattr (tests; set after the first ENOSYS) */
  const atomic_bool *cancelled; /* host: makes the long operations give up with ECANCELED; may be NULL */
};

#define TSK_CONTEXT ((struct tsk_context){.root_fd = -1, .umask = 022})

/* Executes one operation; an errno the operation tolerates is success. 0 or a negative errno. */
int tsk_op_run(struct tsk_context *context, const struct tsk_op *op);

/* Every operation, in the order of TSKER_OPS. Those of the other scope are not linked in; EXEC is init/exec.c's. */
#define X(name, number, signature, scope) int tsk_do_##name(struct tsk_context *context, const struct tsk_op *op);
TSKER_OPS(X)
#undef X

/* ---- whose files are made (ops_idmap.c) ---- */

/* Files that this thread makes belong to these ids from now on; its capabilities stay. 0 or a negative errno. */
int tsk_fs_user(uid_t uid, gid_t gid);

/* ---- paths (root.c) ---- */

static inline bool tsk_in_root(const struct tsk_op *op) { return (op->flags & TSKER_OPF_IN_ROOT) != 0; }

/* Opens a path that exists (or O_CREAT), inside the root when the operation says so. Close-on-exec is added. */
int tsk_open(const struct tsk_context *context, const struct tsk_op *op, const char *path, int flags, mode_t mode);

/* Where an entry is to be made or removed: *at(place.dir, place.name). */
struct tsk_place {
  int dir; /* AT_FDCWD, or a descriptor closed by tsk_leave */
  const char *name;
  char buffer[PATH_MAX];
};
int tsk_find(const struct tsk_context *context, const struct tsk_op *op, const char *path, struct tsk_place *place);
void tsk_leave(struct tsk_place *place);

/* Makes a directory and what is missing above it. A dangling link of the image is followed inside the root. */
int tsk_make_directories(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode);
/* Makes an empty file unless something other than a directory is there. */
int tsk_make_file(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode);

/* "/proc/self/fd/<fd>", for calls that take only a path. */
#define TSK_FD_PATH 32
void tsk_fd_path(int fd, char out[TSK_FD_PATH]);

/* Sends a descriptor over a unix socket, with one byte (ops_slot.c). 0 or a negative errno. */
int tsk_send_descriptor(int socket_fd, int fd);

static inline bool tsk_cancelled(const struct tsk_context *context) {
  return context->cancelled != NULL && atomic_load_explicit(context->cancelled, memory_order_relaxed);
}

#endif
