/* SPDX-License-Identifier: Apache-2.0
 *
 * Metadata from one name to another, in the order the kernel needs (see unpack_metadata.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/copy_internal.h"

#define PROC_PATH (64 + NAME_MAX)

/* xattr calls take paths only; this one ends in the name itself, which they do not follow. */
static void proc_path(char out[PROC_PATH], int directory, const char *name) {
  snprintf(out, PROC_PATH, "/proc/self/fd/%d/%s", directory, name);
}

static int copy_xattr(const char *from, const char *to, const char *name) {
  char small[1024];
  char *value = small;
  ssize_t size = lgetxattr(from, name, small, sizeof small);
  if (size < 0 && errno == ERANGE) {
    value = malloc(XATTR_SIZE_MAX);
    size = value == NULL ? -1 : lgetxattr(from, name, value, XATTR_SIZE_MAX);
  }
  int error = size < 0 ? -errno : tsk_check(lsetxattr(to, name, value, (size_t)size, 0));
  if (value != small) free(value);
  return error == -ENODATA ? 0 : error;
}

static int copy_xattrs(int from, int to, const char *name) {
  char from_path[PROC_PATH];
  char to_path[PROC_PATH];
  char names[8192];
  proc_path(from_path, from, name);
  proc_path(to_path, to, name);
  ssize_t size = llistxattr(from_path, names, sizeof names);
  if (size < 0) return errno == EOPNOTSUPP ? 0 : -errno;
  int error = 0;
  for (const char *at = names; error == 0 && at < names + size; at += strlen(at) + 1)
    error = copy_xattr(from_path, to_path, at);
  return error;
}

int copy_metadata(int from, int to, const char *name, const struct stat *status) {
  if (fchownat(to, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  int error = copy_xattrs(from, to, name);
  if (error != 0) return error;
  if (!S_ISLNK(status->st_mode) && fchmodat(to, name, status->st_mode & 07777, 0) < 0) return -errno;
  struct timespec times[2] = {status->st_atim, status->st_mtim};
  return tsk_check(utimensat(to, name, times, AT_SYMLINK_NOFOLLOW));
}
