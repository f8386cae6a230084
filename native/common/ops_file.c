/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on files and directories. Removing whole trees is ops_tree.c, descriptors are ops_slot.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "common/ops.h"
#include "common/sys.h"

int tsk_do_CHDIR(struct tsk_context *context, const struct tsk_op *op) {
  int fd, error;
  if (!tsk_in_root(op))
    return tsk_check(chdir(op->args[0].s));
  fd = tsk_open(context, op, op->args[0].s, O_PATH | O_DIRECTORY, 0);
  if (fd < 0)
    return fd;
  error = tsk_check(fchdir(fd));
  close(fd);
  return error;
}

int tsk_do_MKDIR(struct tsk_context *context, const struct tsk_op *op) {
  struct tsk_place place;
  int error = tsk_find(context, op, op->args[0].s, &place);
  if (error < 0)
    return error;
  error = tsk_check(mkdirat(place.dir, place.name, (mode_t)op->args[1].u));
  tsk_leave(&place);
  return error;
}

int tsk_do_MKDIRS(struct tsk_context *context, const struct tsk_op *op) {
  return tsk_make_directories(context, op, op->args[0].s, (mode_t)op->args[1].u);
}

int tsk_do_MKFILE(struct tsk_context *context, const struct tsk_op *op) {
  return tsk_make_file(context, op, op->args[0].s, (mode_t)op->args[1].u);
}

int tsk_do_MKNOD(struct tsk_context *context, const struct tsk_op *op) {
  struct tsk_place place;
  int error;
  if (op->args[2].u > UINT32_MAX)
    return -EINVAL;
  error = tsk_find(context, op, op->args[0].s, &place);
  if (error < 0)
    return error;
  error = tsk_mknodat(place.dir, place.name, (mode_t)op->args[1].u, op->args[2].u);
  tsk_leave(&place);
  return error;
}

int tsk_do_SYMLINK(struct tsk_context *context, const struct tsk_op *op) {
  struct tsk_place place;
  int error = tsk_find(context, op, op->args[1].s, &place);
  if (error < 0)
    return error;
  error = tsk_check(symlinkat(op->args[0].s, place.dir, place.name));
  tsk_leave(&place);
  return error;
}

/* One write: kernel files take a value whole or not at all. */
int tsk_do_WRITE(struct tsk_context *context, const struct tsk_op *op) {
  int fd = tsk_open(context, op, op->args[0].s, O_WRONLY | O_NOCTTY, 0);
  ssize_t written;
  int error;
  if (fd < 0)
    return fd;
  do {
    written = write(fd, op->args[1].b, op->args[1].size);
    error = written < 0 ? -errno : 0;
  } while (error == -EINTR);
  close(fd);
  if (error == 0 && (size_t)written != op->args[1].size)
    return -EIO;
  return error;
}

static int fill_file(const char *path, mode_t mode, const struct tsk_arg *bytes) {
  int fd = (int)tsk_result(open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  int error;
  if (fd < 0)
    return fd;
  error = tsk_write_all(fd, bytes->b, bytes->size);
  if (error == 0)
    error = tsk_check(fchmod(fd, mode));
  if (error == 0)
    error = tsk_check(fsync(fd));
  if (close(fd) < 0 && error == 0)
    error = -errno;
  return error;
}

/* A leftover of a crash is removed first; with O_EXCL nobody's link is ever written through. */
int tsk_do_PUTFILE(struct tsk_context *context, const struct tsk_op *op) {
  static const char suffix[] = ".tmp";
  char temporary[PATH_MAX];
  int error;
  (void)context;
  if (op->args[0].size + sizeof suffix > sizeof temporary)
    return -ENAMETOOLONG;
  memcpy(temporary, op->args[0].s, op->args[0].size);
  memcpy(temporary + op->args[0].size, suffix, sizeof suffix);
  if (unlink(temporary) < 0 && errno != ENOENT)
    return -errno;
  error = fill_file(temporary, (mode_t)op->args[1].u, &op->args[2]);
  if (error == 0)
    error = tsk_check(rename(temporary, op->args[0].s));
  if (error < 0)
    unlink(temporary);
  return error;
}

int tsk_do_CHOWN(struct tsk_context *context, const struct tsk_op *op) {
  struct tsk_place place;
  int error = tsk_find(context, op, op->args[0].s, &place);
  if (error < 0)
    return error;
  error = tsk_check(
      fchownat(place.dir, place.name, (uid_t)op->args[1].u, (gid_t)op->args[2].u, AT_SYMLINK_NOFOLLOW));
  tsk_leave(&place);
  return error;
}

/* fchmod refuses O_PATH descriptors, and fchmodat2 came with 6.6: before, the descriptor is named through /proc. */
static int change_mode(int fd, mode_t mode) {
  char path[TSK_FD_PATH];
  int error = TSK_CALL(TSK_SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH);
  if (error != -ENOSYS && error != -EPERM) /* EPERM is also how old seccomp filters answer for what they do not know */
    return error;
  tsk_fd_path(fd, path);
  return tsk_check(chmod(path, mode));
}

int tsk_do_CHMOD(struct tsk_context *context, const struct tsk_op *op) {
  const mode_t mode = (mode_t)op->args[1].u;
  int fd, error;
  if (!tsk_in_root(op))
    return tsk_check(chmod(op->args[0].s, mode));
  fd = tsk_open(context, op, op->args[0].s, O_PATH, 0);
  if (fd < 0)
    return fd;
  error = change_mode(fd, mode);
  close(fd);
  return error;
}

static int remove_entry(struct tsk_context *context, const struct tsk_op *op, int flags) {
  struct tsk_place place;
  int error = tsk_find(context, op, op->args[0].s, &place);
  if (error < 0)
    return error;
  error = tsk_check(unlinkat(place.dir, place.name, flags));
  tsk_leave(&place);
  return error;
}

int tsk_do_REMOVE(struct tsk_context *context, const struct tsk_op *op) { return remove_entry(context, op, 0); }

int tsk_do_RMDIR(struct tsk_context *context, const struct tsk_op *op) { return remove_entry(context, op, AT_REMOVEDIR); }

int tsk_do_RENAME(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return tsk_check(rename(op->args[0].s, op->args[1].s));
}

int tsk_do_SETXATTR(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return tsk_check(lsetxattr(op->args[0].s, op->args[1].s, op->args[2].b, op->args[2].size, 0));
}
