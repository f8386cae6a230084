/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the object of one entry in a tree that somebody else may be changing at the same time. Files and hard links as in a
 * layer (unpack_create.c: a file is new and only known by its descriptor). Everything else has to be made by name first:
 * it is opened without following a link, looked at, and only then, by that descriptor, given its owner and mode.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/ops.h"
#include "common/sys.h"
#include "layer/place_internal.h"

static int attempted(const struct tsk_tar_entry *entry, struct tsk_fault *fault, int error, const char *what) {
  return error == 0 || error == -EEXIST ? error : unpack_failed(entry, fault, error, what);
}

/* ---- directories ---- */

/* One that is there already stays, with what it holds, and takes the new one's metadata. */
static int create_directory(struct place place, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  int made = tsk_check(mkdirat(place.directory, place.name, entry->mode & 0777));
  int error = made == -EEXIST ? 0 : attempted(entry, fault, made, "cannot create");
  if (error != 0) return error;
  int fd = (int)tsk_result(openat(place.directory, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd < 0 && made == -EEXIST) return fd == -ENOTDIR || fd == -ELOOP ? -EEXIST : unpack_failed(entry, fault, fd, "cannot open");
  if (fd < 0) return unpack_failed(entry, fault, fd, "cannot open");
  error = unpack_file_metadata(fd, entry, fault);
  close(fd);
  return error;
}

/* ---- links and nodes ---- */

/* As in layers: overlay's own attributes are not content, and what the file system cannot hold is left out. */
static int set_xattr(const char *path, const struct tsk_tar_xattr *xattr) {
  if (strncmp(xattr->name, "trusted.overlay.", strlen("trusted.overlay.")) == 0) return 0;
  int error = tsk_check(setxattr(path, xattr->name, xattr->value, xattr->size, 0));
  return error == -EOPNOTSUPP || error == -EPERM ? 0 : error;
}

/* By way of /proc/self/fd, which ends at the object itself, a link too. */
static int node_metadata(int fd, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  char path[TSK_FD_PATH];
  struct timespec times[2] = {entry->mtime, entry->mtime};
  tsk_fd_path(fd, path);
  if (fchownat(fd, "", entry->uid, entry->gid, AT_EMPTY_PATH) < 0)
    return unpack_failed(entry, fault, -errno, "cannot set the owner");
  for (size_t i = 0; i < entry->xattr_count; i++) {
    int error = set_xattr(path, &entry->xattrs[i]);
    if (error != 0) return unpack_failed(entry, fault, error, "cannot set an extended attribute");
  }
  if (entry->type != TSK_TAR_SYMLINK && chmod(path, entry->mode) < 0)
    return unpack_failed(entry, fault, -errno, "cannot set the mode");
  if (utimensat(AT_FDCWD, path, times, 0) < 0) return unpack_failed(entry, fault, -errno, "cannot set the times");
  return 0;
}

/* Gives what was just made under this name its metadata, unless it is another thing by now. */
static int finish_node(struct place place, const struct stat *made, const struct tsk_tar_entry *entry,
                       struct tsk_fault *fault) {
  struct stat found;
  int fd = (int)tsk_result(openat(place.directory, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  int error = fd < 0 ? fd : tsk_fstat(fd, &found);
  if (error == 0 && ((found.st_mode ^ made->st_mode) & S_IFMT || found.st_rdev != made->st_rdev)) error = -EBUSY;
  if (error == 0)
    error = node_metadata(fd, entry, fault);
  else
    error = unpack_failed(entry, fault, error, "it was replaced while it was written");
  if (fd >= 0) close(fd);
  return error;
}

static int create_symlink(struct place place, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  const struct stat made = {.st_mode = S_IFLNK};
  int error = tsk_check(symlinkat(entry->link, place.directory, place.name));
  error = attempted(entry, fault, error, "cannot create the link");
  return error != 0 ? error : finish_node(place, &made, entry, fault);
}

static int create_node(struct place place, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  const bool fifo = entry->type == TSK_TAR_FIFO;
  const struct stat made = {
      .st_mode = entry->type == TSK_TAR_CHAR ? S_IFCHR : fifo ? S_IFIFO : S_IFBLK,
      .st_rdev = fifo ? 0 : makedev(entry->major, entry->minor),
  };
  int error = tsk_mknodat(place.directory, place.name, made.st_mode | (entry->mode & 0777), made.st_rdev);
  error = attempted(entry, fault, error, fifo ? "cannot create" : "cannot create the device");
  return error != 0 ? error : finish_node(place, &made, entry, fault);
}

int place_create(struct placing *placing, struct place place, struct tsk_tar *tar, const struct tsk_tar_entry *entry,
                 struct tsk_fault *fault) {
  switch (entry->type) {
    case TSK_TAR_DIRECTORY: return create_directory(place, entry, fault);
    case TSK_TAR_SYMLINK: return create_symlink(place, entry, fault);
    case TSK_TAR_CHAR:
    case TSK_TAR_BLOCK_DEVICE:
    case TSK_TAR_FIFO: return create_node(place, entry, fault);
    case TSK_TAR_FILE:
    case TSK_TAR_HARDLINK: break;
  }
  return unpack_create(&placing->unpack, place, tar, entry, fault);
}
