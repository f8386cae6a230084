/* SPDX-License-Identifier: Apache-2.0
 *
 * COPYTREE: a whole tree with everything a layer can hold, for drivers that keep a full copy a layer (vfs). Data is shared
 * with the original where the file system can (FICLONE), holes stay holes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ops.h"
#include "common/sys.h"
#include "layer/copy_internal.h"
#include "layer/walk.h"

/* Copies one stretch of data within the kernel, or through a buffer where it cannot. */
static int copy_range(int from, int to, off_t offset, off_t end) {
  static const size_t piece = 1u << 20;
  char buffer[16384];
  while (offset < end) {
    size_t want = end - offset < (off_t)piece ? (size_t)(end - offset) : piece;
    off_t in = offset;
    off_t out = offset;
    ssize_t done = copy_file_range(from, &in, to, &out, want, 0);
    if (done < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
      done = pread(from, buffer, want < sizeof buffer ? want : sizeof buffer, offset);
      if (done > 0) done = pwrite(to, buffer, (size_t)done, offset);
    }
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return -errno;
    if (done == 0) return 0; /* shorter than it was a moment ago */
    offset += done;
  }
  return 0;
}

static int copy_data(int from, int to, off_t size) {
  if (ioctl(to, FICLONE, from) == 0) return 0;
  off_t at = 0;
  while (at < size) {
    off_t data = lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break; /* a hole to the end */
    if (data < 0) return -errno;
    off_t hole = lseek(from, data, SEEK_HOLE);
    if (hole < 0) return -errno;
    int error = copy_range(from, to, data, hole < size ? hole : size);
    if (error != 0) return error;
    at = hole;
  }
  return tsk_check(ftruncate(to, size));
}

static int copy_file(int from, int to, const char *name, const struct stat *status) {
  int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (in < 0) return -errno;
  int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int error = out < 0 ? -errno : copy_data(in, out, status->st_size);
  if (out >= 0) close(out);
  close(in);
  return error;
}

static int copy_link(int from, int to, const char *name) {
  char content[PATH_MAX];
  ssize_t size = readlinkat(from, name, content, sizeof content - 1);
  if (size < 0) return -errno;
  content[size] = 0;
  return tsk_check(symlinkat(content, to, name));
}

static int copy_directory(struct copy *copy, int from, int to, const char *name, unsigned depth);

static int copy_object(int from, int to, const char *name, const struct stat *status) {
  if (S_ISREG(status->st_mode)) return copy_file(from, to, name, status);
  if (S_ISLNK(status->st_mode)) return copy_link(from, to, name);
  return tsk_mknodat(to, name, status->st_mode, status->st_rdev);
}

/* A second name of what was copied already becomes a link to the copy. */
static int copy_entry(struct copy *copy, int from, int to, const char *name, unsigned depth) {
  struct stat status;
  if (tsk_cancelled(copy->context)) return -ECANCELED;
  int error = tsk_fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW);
  if (error != 0) return error;
  if (S_ISDIR(status.st_mode)) {
    error = tsk_check(mkdirat(to, name, 0700));
    if (error == 0) error = copy_directory(copy, from, to, name, depth + 1);
  } else {
    const char *first = status.st_nlink > 1 ? copy_first_name(copy, status.st_ino) : NULL;
    if (first != NULL) return tsk_check(linkat(copy->root, first, to, name, 0));
    error = copy_object(from, to, name, &status);
    if (error == 0 && status.st_nlink > 1) error = copy_note_name(copy, status.st_ino);
  }
  return error != 0 ? error : copy_metadata(from, to, name, &status);
}

static int copy_children(struct copy *copy, DIR *from, int to, unsigned depth) {
  const char *name;
  while ((name = tsk_walk_next(from)) != NULL) {
    size_t length = copy->path_length;
    int error = copy_push(copy, name);
    if (error == 0) error = copy_entry(copy, dirfd(from), to, name, depth);
    copy->path_length = length;
    if (error != 0) return error;
  }
  return -errno;
}

static int copy_directory(struct copy *copy, int from, int to, const char *name, unsigned depth) {
  if (depth == TSK_WALK_DEPTH_MAX) return -ELOOP;
  DIR *stream = tsk_walk_open(from, name);
  if (stream == NULL) return -errno;
  int target = openat(to, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int error = target < 0 ? -errno : copy_children(copy, stream, target, depth);
  if (target >= 0) close(target);
  closedir(stream);
  return error;
}

static int copy_root(struct copy *copy, int from) {
  struct stat status;
  int error = tsk_fstat(from, &status);
  if (error == 0) error = copy_directory(copy, from, copy->root, ".", 0);
  return error != 0 ? error : copy_metadata(from, copy->root, ".", &status);
}

int tsk_do_COPYTREE(struct tsk_context *context, const struct tsk_op *op) {
  struct copy copy = {.context = context};
  int from = open(op->args[0].s, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (from < 0) return -errno;
  copy.root = open(op->args[1].s, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int error = copy.root < 0 ? -errno : copy_root(&copy, from);
  copy_forget(&copy);
  if (copy.root >= 0) close(copy.root);
  close(from);
  return error;
}
