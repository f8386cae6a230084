/* SPDX-License-Identifier: Apache-2.0
 *
 * BIND: clone the source as a detached tree, give it its attributes while nobody can see it, move it to the target. So a
 * read-only bind is never writable for a moment, and attributes are only ever added: flags that are locked (nodev,
 * nosuid of a source mounted in another user namespace) stay. Where the kernel lacks the mount API of 5.12, mount(2).
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "common/ops.h"
#include "common/sys.h"

enum { KNOWN = TSKER_BIND_REC | TSKER_BIND_RDONLY | TSKER_BIND_NOSUID | TSKER_BIND_NODEV | TSKER_BIND_NOEXEC |
               TSKER_BIND_RDONLY_REC | TSKER_BIND_SLOT };

static int parse_slot(const char *text) {
  int slot = 0;
  if (*text == '\0')
    return -EINVAL;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9')
      return -EINVAL;
    slot = slot * 10 + (*text - '0');
    if (slot >= TSKER_SLOT_MAX)
      return -EINVAL;
  }
  return slot;
}

/* A slot holds a place to clone or, when the kernel refuses to clone it, a detached mount to be used as it is. */
static int clone_source(const struct tsk_op *op, uint64_t flags) {
  const unsigned how = TSK_OPEN_TREE_CLONE | O_CLOEXEC | ((flags & TSKER_BIND_REC) != 0 ? TSK_AT_RECURSIVE : 0u);
  int slot, tree;
  if ((flags & TSKER_BIND_SLOT) == 0)
    return tsk_open_tree(AT_FDCWD, op->args[0].s, how);
  slot = parse_slot(op->args[0].s);
  if (slot < 0)
    return slot;
  tree = tsk_open_tree(slot, "", how | AT_EMPTY_PATH);
  return tree == -EINVAL ? (int)tsk_result(fcntl(slot, F_DUPFD_CLOEXEC, TSKER_SLOT_MAX)) : tree;
}

static uint64_t attributes(uint64_t flags) {
  return ((flags & TSKER_BIND_RDONLY) != 0 ? TSK_MOUNT_ATTR_RDONLY : 0u) |
         ((flags & TSKER_BIND_NOSUID) != 0 ? TSK_MOUNT_ATTR_NOSUID : 0u) |
         ((flags & TSKER_BIND_NODEV) != 0 ? TSK_MOUNT_ATTR_NODEV : 0u) |
         ((flags & TSKER_BIND_NOEXEC) != 0 ? TSK_MOUNT_ATTR_NOEXEC : 0u);
}

static int set_attributes(int tree, uint64_t set, uint64_t propagation, unsigned recursive) {
  const struct tsk_mount_attr attr = {.attr_set = set, .propagation = propagation};
  if (set == 0 && propagation == 0)
    return 0;
  return tsk_mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &attr);
}

static int attach(const struct tsk_context *context, const struct tsk_op *op, int tree) {
  int target, error;
  if (!tsk_in_root(op))
    return tsk_move_mount(tree, "", AT_FDCWD, op->args[1].s, TSK_MOVE_MOUNT_F_EMPTY_PATH | TSK_MOVE_MOUNT_T_SYMLINKS);
  target = tsk_open(context, op, op->args[1].s, O_PATH, 0);
  if (target < 0)
    return target;
  error = tsk_move_mount(tree, "", target, "", TSK_MOVE_MOUNT_F_EMPTY_PATH | TSK_MOVE_MOUNT_T_EMPTY_PATH);
  close(target);
  return error;
}

/* Propagation comes last: a shared parent makes what is moved under it shared. */
static int bind_tree(const struct tsk_context *context, const struct tsk_op *op, int tree) {
  const uint64_t flags = op->args[2].u;
  const uint64_t propagation = op->args[3].u;
  int error = set_attributes(tree, attributes(flags), 0, 0);
  if (error == 0 && (flags & TSKER_BIND_RDONLY_REC) != 0)
    error = set_attributes(tree, TSK_MOUNT_ATTR_RDONLY, 0, TSK_AT_RECURSIVE);
  if (error == 0)
    error = attach(context, op, tree);
  if (error == 0)
    error = set_attributes(tree, 0, propagation & ~(uint64_t)MS_REC, (propagation & MS_REC) != 0 ? TSK_AT_RECURSIVE : 0u);
  return error;
}

/* mount_setattr is tried on nothing: a kernel that has it says EBADF or EINVAL. */
static bool has_mount_api(struct tsk_context *context) {
  const struct tsk_mount_attr nothing = {.attr_set = 0};
  if (!context->old_mount_api && tsk_mount_setattr(-1, "", AT_EMPTY_PATH, &nothing) == -ENOSYS)
    context->old_mount_api = true;
  return !context->old_mount_api;
}

/* What the mount at `path` has already, in MS_* (ST_* are the same bits but for relatime). */
static int present_flags(const char *path, unsigned long *flags) {
  struct statvfs fs;
  if (statvfs(path, &fs) < 0)
    return -errno;
  *flags = fs.f_flag & (ST_RDONLY | ST_NOSUID | 4ul /* ST_NODEV */ | 8ul /* ST_NOEXEC */);
  return 0;
}

static unsigned long remount_flags(uint64_t flags) {
  return ((flags & TSKER_BIND_RDONLY) != 0 ? MS_RDONLY : 0ul) | ((flags & TSKER_BIND_NOSUID) != 0 ? MS_NOSUID : 0ul) |
         ((flags & TSKER_BIND_NODEV) != 0 ? MS_NODEV : 0ul) | ((flags & TSKER_BIND_NOEXEC) != 0 ? MS_NOEXEC : 0ul);
}

/* A remount replaces all flags: those the mount has must be named again, or it is refused where they are locked. */
static int adjust_old(const char *path, uint64_t flags, uint64_t propagation) {
  const unsigned long wanted = remount_flags(flags);
  unsigned long present = 0;
  int error = 0;
  if (wanted != 0) {
    error = present_flags(path, &present);
    if (error == 0)
      error = tsk_check(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | wanted | present, NULL));
  }
  if (error == 0 && propagation != 0)
    error = tsk_check(mount(NULL, path, NULL, (unsigned long)propagation, NULL));
  return error;
}

/* Opened anew after mounting, when the path leads to what was mounted. */
static int adjust_old_in_root(const struct tsk_context *context, const struct tsk_op *op) {
  char path[TSK_FD_PATH];
  int error, fd = tsk_open(context, op, op->args[1].s, O_PATH, 0);
  if (fd < 0)
    return fd;
  tsk_fd_path(fd, path);
  error = adjust_old(path, op->args[2].u, op->args[3].u);
  close(fd);
  return error;
}

static int mount_old(const struct tsk_context *context, const struct tsk_op *op, const char *source) {
  const unsigned long how = MS_BIND | ((op->args[2].u & TSKER_BIND_REC) != 0 ? MS_REC : 0ul);
  char path[TSK_FD_PATH];
  int error, fd;
  if (!tsk_in_root(op))
    return tsk_check(mount(source, op->args[1].s, NULL, how, NULL));
  fd = tsk_open(context, op, op->args[1].s, O_PATH, 0);
  if (fd < 0)
    return fd;
  tsk_fd_path(fd, path);
  error = tsk_check(mount(source, path, NULL, how, NULL));
  close(fd);
  return error;
}

static int bind_old(const struct tsk_context *context, const struct tsk_op *op) {
  const uint64_t flags = op->args[2].u;
  const char *source = op->args[0].s;
  char slot_path[TSK_FD_PATH];
  int error;
  if ((flags & TSKER_BIND_RDONLY_REC) != 0)
    return -ENOSYS; /* cannot be done without a race: say so rather than leave submounts writable */
  if ((flags & TSKER_BIND_SLOT) != 0) {
    int slot = parse_slot(source);
    if (slot < 0)
      return slot;
    tsk_fd_path(slot, slot_path);
    source = slot_path;
  }
  error = mount_old(context, op, source);
  if (error < 0)
    return error;
  return tsk_in_root(op) ? adjust_old_in_root(context, op) : adjust_old(op->args[1].s, flags, op->args[3].u);
}

int tsk_do_BIND(struct tsk_context *context, const struct tsk_op *op) {
  int tree, error;
  if ((op->args[2].u & ~(uint64_t)KNOWN) != 0)
    return -EINVAL;
  if (!has_mount_api(context))
    return bind_old(context, op);
  tree = clone_source(op, op->args[2].u);
  if (tree < 0)
    return tree;
  error = bind_tree(context, op, tree);
  close(tree);
  return error;
}
