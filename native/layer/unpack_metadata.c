/* SPDX-License-Identifier: Apache-2.0
 *
 * Owner, xattrs, mode and times of what was just made, in the order the kernel needs: a change of owner takes away setuid
 * bits and file capabilities, and everything but utimensat changes times.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/unpack_internal.h"

/* overlayfs' own notes are not content: a redirect or an opaque mark that an image brings along would make the
 * mount show what the image does not hold. */
static bool is_ours(const char *name) { return strncmp(name, "trusted.overlay.", strlen("trusted.overlay.")) == 0; }

/* As Docker: what the file system cannot hold, or the kernel forbids for this kind of file, is left out. */
static int accepted(int error) { return error == -EOPNOTSUPP || error == -EPERM ? 0 : error; }

static int xattr_failed(const struct tsk_tar_entry *entry, const char *name, struct tsk_fault *fault, int error) {
  char what[300];
  snprintf(what, sizeof what, "cannot set the extended attribute %.255s", name);
  return unpack_failed(entry, fault, error, what);
}

int unpack_set_xattr(struct place place, const char *name, const void *value, size_t size) {
  char path[64 + TSK_TAR_PATH_MAX];
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", place.directory, place.name);
  return tsk_check(lsetxattr(path, name, value, size, 0));
}

int unpack_file_metadata(int fd, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  if (fchown(fd, entry->uid, entry->gid) < 0) return unpack_failed(entry, fault, -errno, "cannot set the owner");
  for (size_t i = 0; i < entry->xattr_count; i++) {
    const struct tsk_tar_xattr *xattr = &entry->xattrs[i];
    int error = is_ours(xattr->name) ? 0 : tsk_check(fsetxattr(fd, xattr->name, xattr->value, xattr->size, 0));
    if (accepted(error) != 0) return xattr_failed(entry, xattr->name, fault, error);
  }
  if (fchmod(fd, entry->mode) < 0) return unpack_failed(entry, fault, -errno, "cannot set the mode");
  struct timespec both[2] = {entry->mtime, entry->mtime};
  if (futimens(fd, both) < 0) return unpack_failed(entry, fault, -errno, "cannot set the times");
  return 0;
}

int unpack_place_metadata(struct place place, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  if (fchownat(place.directory, place.name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) < 0)
    return unpack_failed(entry, fault, -errno, "cannot set the owner");
  for (size_t i = 0; i < entry->xattr_count; i++) {
    const struct tsk_tar_xattr *xattr = &entry->xattrs[i];
    int error = is_ours(xattr->name) ? 0 : unpack_set_xattr(place, xattr->name, xattr->value, xattr->size);
    if (accepted(error) != 0) return xattr_failed(entry, xattr->name, fault, error);
  }
  /* A link has no mode, and fchmodat would follow it. */
  if (entry->type != TSK_TAR_SYMLINK && fchmodat(place.directory, place.name, entry->mode, 0) < 0)
    return unpack_failed(entry, fault, -errno, "cannot set the mode");
  struct timespec both[2] = {entry->mtime, entry->mtime};
  if (utimensat(place.directory, place.name, both, AT_SYMLINK_NOFOLLOW) < 0)
    return unpack_failed(entry, fault, -errno, "cannot set the times");
  return 0;
}
