/* SPDX-License-Identifier: Apache-2.0
 *
 * SUBVOLUME, SNAPSHOT and SUBVOLUME_DELETE: btrfs, by its ioctls. What a subvolume holds is nobody's business here, but for
 * subvolumes that were made inside of it, by a container perhaps: the file system deletes none that still has one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "common/ops.h"
#include "common/sys.h"
#include "layer/walk.h"

/* Of the root directory of every subvolume (BTRFS_FIRST_FREE_OBJECTID), and of nothing else. */
enum { SUBVOLUME_INODE = 256 };

/* Opens the directory above a path; *name is its last component. */
static int open_parent(const char *path, const char **name) {
  char parent[PATH_MAX];
  const char *slash = strrchr(path, '/');
  if (slash == NULL || slash[1] == '\0')
    return -EINVAL;
  if ((size_t)(slash - path) >= sizeof parent)
    return -ENAMETOOLONG;
  *name = slash + 1;
  memcpy(parent, path, (size_t)(slash - path));
  parent[slash - path] = '\0';
  return (int)tsk_result(open(slash == path ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int set_name(char *field, size_t size, const char *name) {
  if (strlen(name) >= size)
    return -ENAMETOOLONG;
  strcpy(field, name);
  return 0;
}

int tsk_do_SUBVOLUME(struct tsk_context *context, const struct tsk_op *op) {
  struct btrfs_ioctl_vol_args args = {0};
  const char *name;
  int error, parent = open_parent(op->args[0].s, &name);
  (void)context;
  if (parent < 0)
    return parent;
  error = set_name(args.name, sizeof args.name, name);
  if (error == 0)
    error = tsk_check(ioctl(parent, BTRFS_IOC_SUBVOL_CREATE, &args));
  close(parent);
  return error;
}

int tsk_do_SNAPSHOT(struct tsk_context *context, const struct tsk_op *op) {
  struct btrfs_ioctl_vol_args_v2 args = {0};
  const char *name;
  int error, from, parent = open_parent(op->args[1].s, &name);
  (void)context;
  if (parent < 0)
    return parent;
  from = (int)tsk_result(open(op->args[0].s, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  error = from < 0 ? from : set_name(args.name, sizeof args.name, name);
  if (error == 0) {
    args.fd = from;
    error = tsk_check(ioctl(parent, BTRFS_IOC_SNAP_CREATE_V2, &args));
  }
  if (from >= 0)
    close(from);
  close(parent);
  return error;
}

static int destroy(int parent, const char *name) {
  struct btrfs_ioctl_vol_args args = {0};
  int error = set_name(args.name, sizeof args.name, name);
  return error < 0 ? error : tsk_check(ioctl(parent, BTRFS_IOC_SNAP_DESTROY, &args));
}

/* A read-only snapshot gives nothing away, its own subvolumes included. */
static void make_writable(int subvolume) {
  uint64_t flags = 0;
  ioctl(subvolume, BTRFS_IOC_SUBVOL_SETFLAGS, &flags); /* when that fails so does what follows, with its reason */
}

static int delete_subvolume(const struct tsk_context *context, int parent, const char *name, unsigned depth);

/* Deletes every subvolume below the directory that `stream` reads. No link is followed. */
static int delete_below(const struct tsk_context *context, DIR *stream, unsigned depth) {
  const char *name;
  while ((name = tsk_walk_next(stream)) != NULL) {
    struct stat status;
    DIR *child;
    int error;
    if (tsk_cancelled(context))
      return -ECANCELED;
    error = tsk_fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW);
    if (error < 0 && error != -ENOENT)
      return error;
    if (error < 0 || !S_ISDIR(status.st_mode))
      continue;
    if (depth == TSK_WALK_DEPTH_MAX)
      return -ELOOP;
    if (status.st_ino == SUBVOLUME_INODE) {
      error = delete_subvolume(context, dirfd(stream), name, depth + 1);
    } else {
      child = tsk_walk_open(dirfd(stream), name);
      error = child == NULL ? -errno : delete_below(context, child, depth + 1);
      if (child != NULL)
        closedir(child);
    }
    if (error < 0 && error != -ENOENT)
      return error;
  }
  return -errno;
}

static int delete_subvolume(const struct tsk_context *context, int parent, const char *name, unsigned depth) {
  DIR *stream;
  int error = destroy(parent, name);
  if (error != -ENOTEMPTY)
    return error;
  stream = tsk_walk_open(parent, name);
  if (stream == NULL)
    return -errno;
  make_writable(dirfd(stream));
  error = delete_below(context, stream, depth);
  closedir(stream);
  return error < 0 ? error : destroy(parent, name);
}

/* One that is nested deeper than a walk goes is emptied like any other tree: rmdir(2) removes empty subvolumes too. */
int tsk_do_SUBVOLUME_DELETE(struct tsk_context *context, const struct tsk_op *op) {
  const char *name;
  int error, parent = open_parent(op->args[0].s, &name);
  if (parent < 0)
    return parent;
  error = delete_subvolume(context, parent, name, 0);
  close(parent);
  return error == -ELOOP ? tsk_do_RMTREE(context, op) : error;
}
