/* SPDX-License-Identifier: Apache-2.0
 *
 * Mounts, except bind mounts (ops_bind.c): file systems, attributes, propagation, the root and the pivot.
 *
 * Targets inside the root are opened first and then named by descriptor: mount(2) takes only paths, so it gets
 * /proc/self/fd/N, which is the daemon's own /proc until PIVOT.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

#include "common/ops.h"
#include "common/sys.h"

/* The kernel copies one page of options and cuts the rest off without a word: an overlay with half of its layers. */
enum { MOUNT_DATA_MAX = 4095 };

/* The path to hand to a call that takes only paths, and the descriptor to close after it (or -1). */
static int name_target(const struct tsk_context *context, const struct tsk_op *op, const char *path, char buffer[TSK_FD_PATH],
                       const char **name) {
  int fd;
  *name = path;
  if (!tsk_in_root(op))
    return -1;
  fd = tsk_open(context, op, path, O_PATH, 0);
  if (fd >= 0) {
    tsk_fd_path(fd, buffer);
    *name = buffer;
  }
  return fd;
}

int tsk_do_MOUNT(struct tsk_context *context, const struct tsk_op *op) {
  char buffer[TSK_FD_PATH];
  const char *target;
  int fd, error;
  if (op->args[4].size > MOUNT_DATA_MAX)
    return -E2BIG;
  fd = name_target(context, op, op->args[1].s, buffer, &target);
  if (fd < 0 && tsk_in_root(op))
    return fd;
  error = tsk_check(mount(op->args[0].s, target, op->args[2].s, (unsigned long)op->args[3].u, op->args[4].s));
  if (fd >= 0)
    close(fd);
  return error;
}

int tsk_do_MOUNT_ATTR(struct tsk_context *context, const struct tsk_op *op) {
  const struct tsk_mount_attr attr = {.attr_set = op->args[1].u, .attr_clr = op->args[2].u};
  const unsigned recursive = op->args[3].u != 0 ? TSK_AT_RECURSIVE : 0u;
  int fd, error;
  if (!tsk_in_root(op))
    return tsk_mount_setattr(AT_FDCWD, op->args[0].s, recursive, &attr);
  fd = tsk_open(context, op, op->args[0].s, O_PATH, 0);
  if (fd < 0)
    return fd;
  error = tsk_mount_setattr(fd, "", recursive | AT_EMPTY_PATH, &attr);
  close(fd);
  return error;
}

int tsk_do_PROPAGATION(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return tsk_check(mount(NULL, op->args[0].s, NULL, (unsigned long)op->args[1].u, NULL));
}

/* A descriptor of the mount itself would keep it busy: go to its parent and name it from there. */
static int unmount_in_root(const struct tsk_context *context, const struct tsk_op *op, int flags) {
  struct tsk_place place;
  int here, error = tsk_find(context, op, op->args[0].s, &place);
  if (error < 0)
    return error;
  here = (int)tsk_result(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  error = here < 0 ? here : tsk_check(fchdir(place.dir));
  if (error == 0) {
    error = tsk_check(umount2(place.name, flags | UMOUNT_NOFOLLOW));
    if (fchdir(here) < 0 && error == 0)
      error = -errno;
  }
  if (here >= 0)
    close(here);
  tsk_leave(&place);
  return error;
}

int tsk_do_UMOUNT(struct tsk_context *context, const struct tsk_op *op) {
  if (tsk_in_root(op))
    return unmount_in_root(context, op, (int)op->args[1].u);
  return tsk_check(umount2(op->args[0].s, (int)op->args[1].u));
}

int tsk_do_ROOT(struct tsk_context *context, const struct tsk_op *op) {
  int fd = (int)tsk_result(open(op->args[0].s, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd < 0 || (fd = tsk_lift(fd)) < 0)
    return fd;
  if (context->root_fd >= 0)
    close(context->root_fd);
  context->root_fd = fd;
  return 0;
}

/* pivot_root(".", ".") stacks the old root on the new one, where it is made a slave first: detaching it must never
 * propagate to the host's mounts, whatever the plan made of them. */
int tsk_do_PIVOT(struct tsk_context *context, const struct tsk_op *op) {
  int old, error;
  (void)op;
  if (context->root_fd < 0)
    return -EBADF;
  old = (int)tsk_result(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (old < 0)
    return old;
  error = tsk_check(fchdir(context->root_fd));
  if (error == 0)
    error = tsk_check(syscall(SYS_pivot_root, ".", "."));
  if (error == 0)
    error = tsk_check(fchdir(old));
  if (error == 0)
    error = tsk_check(mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL));
  if (error == 0)
    error = tsk_check(umount2(".", MNT_DETACH));
  if (error == 0)
    error = tsk_check(chdir("/"));
  close(old);
  return error;
}
