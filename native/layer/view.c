/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_job_view: roots to work in. The thread of the job leaves the daemon's mount namespace, for the container's or for one
 * of its own, copies there what it came for as a detached tree of mounts, and ends: nobody else ever sees a mount, and
 * nothing is left to unmount after a crash. It executes nothing and reads no file there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/ops.h"
#include "common/sys.h"
#include "lib/internal.h"

struct task {
  int pidfd; /* -1: a plan */
  uint32_t flags;
  uint32_t plan_size;
  uint8_t plan[];
};

/* A detached copy of the mount at `fd`. What is read there cannot be a device, and nothing there gains privileges. */
static int copy_mounts(int fd, uint32_t flags) {
  const unsigned recursive = (flags & TSKER_VIEW_MOUNTS) != 0 ? TSK_AT_RECURSIVE : 0u;
  const struct tsk_mount_attr attr = {
      .attr_set = TSK_MOUNT_ATTR_NODEV | TSK_MOUNT_ATTR_NOSUID | TSK_MOUNT_ATTR_NOEXEC |
                  ((flags & TSKER_VIEW_RDONLY) != 0 ? TSK_MOUNT_ATTR_RDONLY : 0u),
  };
  int tree = tsk_open_tree(fd, "", TSK_OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | recursive);
  if (tree < 0) return tree;
  int error = tsk_mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &attr);
  if (error == 0 || error == -ENOSYS) return tree; /* before 5.12; the packer and the placer do not rely on it */
  close(tree);
  return error;
}

static int open_directory(const char *path) { return (int)tsk_result(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)); }

static bool same_directory(int one, int other) {
  struct stat first;
  struct stat second;
  return tsk_fstat(one, &first) == 0 && tsk_fstat(other, &second) == 0 && first.st_ino == second.st_ino &&
         first.st_dev == second.st_dev;
}

/* ---- of a process ---- */

static int view_of_process(int pidfd, uint32_t flags) {
  int ours = open_directory("/");
  if (ours < 0) return ours;
  int error = tsk_check(setns(pidfd, CLONE_NEWNS)); /* its root becomes ours */
  int theirs = error < 0 ? error : open_directory("/");
  int tree = theirs;
  if (theirs >= 0) tree = same_directory(ours, theirs) ? -EXDEV : copy_mounts(theirs, flags);
  if (theirs >= 0) close(theirs);
  close(ours);
  return tree;
}

/* ---- of a plan ---- */

static bool is_allowed(uint16_t op) {
  switch (op) {
    case TSKER_OP_MOUNT:
    case TSKER_OP_BIND:
    case TSKER_OP_MOUNT_ATTR:
    case TSKER_OP_CHDIR:
    case TSKER_OP_FSUSER:
    case TSKER_OP_MKDIR:
    case TSKER_OP_MKDIRS:
    case TSKER_OP_MKFILE:
    case TSKER_OP_ROOT:
      return true;
    default:
      return false;
  }
}

static int check_plan(const uint8_t *bytes, uint32_t size) {
  struct tsk_plan plan;
  struct tsk_op op;
  int error = tsk_plan_check(&plan, bytes, size, TSK_IN_HELPER, NULL);
  while (error == 0 && (error = tsk_plan_next(&plan, &op)) > 0) error = is_allowed(op.op) ? 0 : -EINVAL;
  return error;
}

/* ROOT is an operation of the helper, and the only one of those here. */
static int run_op(struct tsk_context *context, const struct tsk_op *op) {
  int error = op->op == TSKER_OP_ROOT ? tsk_do_ROOT(context, op) : tsk_op_run(context, op);
  return (op->flags & TSKER_OPF_OPTIONAL) != 0 ? 0 : error;
}

static int view_of_plan(struct tsk_job *job, const struct task *task) {
  struct tsk_context context = TSK_CONTEXT;
  struct tsk_plan plan;
  struct tsk_op op = {.op = 0};
  int error = tsk_check(unshare(CLONE_NEWNS));
  if (error == 0) error = tsk_check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
  if (error == 0) error = tsk_plan_check(&plan, task->plan, task->plan_size, TSK_IN_HELPER, NULL);
  job->stage = -1;
  while (error == 0 && (error = tsk_plan_next(&plan, &op)) > 0) {
    job->stage = (int32_t)op.index;
    error = tsk_job_cancelled(job) ? -ECANCELED : run_op(&context, &op);
  }
  if (error == 0 && context.root_fd < 0) error = -EINVAL;
  int tree = error == 0 ? copy_mounts(context.root_fd, task->flags) : error;
  if (context.root_fd >= 0) close(context.root_fd);
  return tree;
}

/* ---- */

static void view(struct tsk_job *job) {
  struct task *task = job->arg;
  job->release = free;
  job->stage = -1;
  int tree = task->pidfd >= 0 ? view_of_process(task->pidfd, task->flags) : view_of_plan(job, task);
  if (task->pidfd >= 0) close(task->pidfd);
  job->error = tree < 0 ? tree : 0;
  if (tree >= 0) job->stage = tree;
}

int32_t tsker_job_view(uint64_t id, int32_t pidfd, const uint8_t *plan, uint32_t plan_size, uint32_t flags) {
  if ((flags & ~(TSKER_VIEW_MOUNTS | TSKER_VIEW_RDONLY)) != 0) return -EINVAL;
  int32_t error = pidfd < 0 ? check_plan(plan, plan_size) : plan_size == 0 ? 0 : -EINVAL;
  if (error < 0) return error;
  struct task *task = malloc(sizeof *task + plan_size);
  if (task == NULL) return -ENOMEM;
  *task = (struct task){.pidfd = -1, .flags = flags, .plan_size = plan_size};
  if (plan_size > 0) memcpy(task->plan, plan, plan_size);
  if (pidfd >= 0) error = task->pidfd = (int)tsk_result(fcntl(pidfd, F_DUPFD_CLOEXEC, 3));
  /* Never on a worker of the pool: it would not find its way back. */
  if (error >= 0) error = tsk_job_submit_long(id, view, task);
  if (error >= 0) return 0;
  if (task->pidfd >= 0) close(task->pidfd);
  free(task);
  return error;
}
