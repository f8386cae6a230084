/* SPDX-License-Identifier: Apache-2.0
 *
 * SCAN: what is below a directory, as records on a descriptor, for change lists and sizes. It reads names, metadata and
 * xattrs; SCAN_CONTENT, for what a build copies, reads files too. Follows no link, enters no other file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/ops.h"
#include "common/sys.h"
#include "layer/digest.h"
#include "layer/walk.h"

#define FNV_START 0xcbf29ce484222325u

struct scan {
  const struct tsk_context *context;
  int out;
  dev_t device;
  bool content;
  uint8_t digest[32]; /* of the entry at hand */
  uint8_t data[65536];
  uint8_t buffer[65536];
  size_t used;
  char path[PATH_MAX]; /* of the directory at hand; a longer one is an error */
  size_t length;
};

static int flush(struct scan *scan) {
  int error = tsk_write_all(scan->out, scan->buffer, scan->used);
  scan->used = 0;
  return error;
}

static uint64_t hash(uint64_t value, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) value = (value ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
  return value;
}

static uint64_t hash_xattr(const char *path, const char *name) {
  char small[1024];
  char *value = small;
  ssize_t size = lgetxattr(path, name, small, sizeof small);
  if (size < 0 && errno == ERANGE && (value = malloc(XATTR_SIZE_MAX)) != NULL)
    size = lgetxattr(path, name, value, XATTR_SIZE_MAX);
  uint64_t result = hash(hash(FNV_START, name, strlen(name) + 1), value, size > 0 ? (size_t)size : 0);
  if (value != small) free(value);
  return result;
}

/* Summed, so that the order in which the kernel lists them is of no consequence. */
static int scan_xattrs(int directory, const char *name, struct tsker_scan_record *record) {
  char path[64 + NAME_MAX];
  char names[8192];
  char opaque;
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, name);
  ssize_t size = llistxattr(path, names, sizeof names);
  if (size < 0) return errno == EOPNOTSUPP ? 0 : -errno;
  for (const char *at = names; at < names + size; at += strlen(at) + 1) {
    if (strncmp(at, "trusted.overlay.", 16) != 0)
      record->xattrs += hash_xattr(path, at);
    else if (strcmp(at, "trusted.overlay.opaque") == 0 && lgetxattr(path, at, &opaque, 1) == 1 && opaque == 'y')
      record->flags |= TSKER_SCAN_OPAQUE;
  }
  return 0;
}

static void finish_digest(struct scan *scan, struct tsk_digest *digest, struct tsker_scan_record *record) {
  tsk_digest_final(digest, scan->digest);
  record->flags |= TSKER_SCAN_DIGEST;
}

static int scan_link(struct scan *scan, int directory, const char *name, struct tsker_scan_record *record) {
  char content[PATH_MAX];
  struct tsk_digest digest;
  ssize_t size = readlinkat(directory, name, content, sizeof content);
  if (size < 0) return -errno;
  record->link = hash(FNV_START, content, (size_t)size);
  if (!scan->content) return 0;
  tsk_digest_init(&digest);
  tsk_digest_update(&digest, content, (size_t)size);
  finish_digest(scan, &digest, record);
  return 0;
}

static int scan_file(struct scan *scan, int directory, const char *name, struct tsker_scan_record *record) {
  struct tsk_digest digest;
  ssize_t size;
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -errno;
  tsk_digest_init(&digest);
  while ((size = read(fd, scan->data, sizeof scan->data)) > 0 && !tsk_cancelled(scan->context))
    tsk_digest_update(&digest, scan->data, (size_t)size);
  int error = size < 0 ? -errno : size > 0 ? -ECANCELED : 0;
  close(fd);
  finish_digest(scan, &digest, record);
  return error;
}

static int put(struct scan *scan, struct tsker_scan_record *record) {
  record->path_size = (uint32_t)scan->length;
  size_t digest = (record->flags & TSKER_SCAN_DIGEST) != 0 ? sizeof scan->digest : 0;
  record->size = (uint32_t)((sizeof *record + scan->length + digest + 7) & ~(size_t)7);
  if (scan->used + record->size > sizeof scan->buffer) {
    int error = flush(scan);
    if (error != 0) return error;
  }
  uint8_t *at = scan->buffer + scan->used;
  memset(at, 0, record->size);
  memcpy(at, record, sizeof *record);
  memcpy(at + sizeof *record, scan->path, scan->length);
  memcpy(at + sizeof *record + scan->length, scan->digest, digest);
  scan->used += record->size;
  return 0;
}

static int scan_directory(struct scan *scan, int parent, const char *name, unsigned depth);

static int scan_entry(struct scan *scan, int directory, const char *name, unsigned depth) {
  struct stat status;
  int error = tsk_fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW);
  if (error != 0) return error == -ENOENT ? 0 : error; /* removed while we look: a container may be running on it */
  struct tsker_scan_record record = {
      .mode = status.st_mode,
      .links = (uint32_t)status.st_nlink,
      .uid = status.st_uid,
      .gid = status.st_gid,
      .inode = status.st_ino,
      .device = status.st_rdev,
      .bytes = (uint64_t)status.st_size,
      .seconds = status.st_mtim.tv_sec,
      .nanoseconds = (uint32_t)status.st_mtim.tv_nsec,
      .allocated = (uint64_t)status.st_blocks * 512,
  };
  error = scan_xattrs(directory, name, &record);
  if (error == 0 && S_ISLNK(status.st_mode)) error = scan_link(scan, directory, name, &record);
  if (error == 0 && scan->content && S_ISREG(status.st_mode)) error = scan_file(scan, directory, name, &record);
  if (error == 0) error = put(scan, &record);
  if (error == 0 && S_ISDIR(status.st_mode) && status.st_dev == scan->device)
    error = scan_directory(scan, directory, name, depth + 1);
  return error == -ENOENT ? 0 : error;
}

static int scan_children(struct scan *scan, DIR *stream, unsigned depth) {
  const char *name;
  size_t length = scan->length;
  while ((name = tsk_walk_next(stream)) != NULL) {
    if (tsk_cancelled(scan->context)) return -ECANCELED;
    int added = snprintf(scan->path + length, sizeof scan->path - length, "%s%s", length > 0 ? "/" : "", name);
    if ((size_t)added >= sizeof scan->path - length) return -ENAMETOOLONG;
    scan->length = length + (size_t)added;
    int error = scan_entry(scan, dirfd(stream), name, depth);
    if (error != 0) return error;
  }
  scan->length = length;
  return -errno;
}

static int scan_directory(struct scan *scan, int parent, const char *name, unsigned depth) {
  if (depth == TSK_WALK_DEPTH_MAX) return -ELOOP;
  DIR *stream = tsk_walk_open(parent, name);
  if (stream == NULL) return -errno;
  int error = scan_children(scan, stream, depth);
  closedir(stream);
  return error;
}

static int scan_below(struct tsk_context *context, const struct tsk_op *op, bool content) {
  struct scan *scan = calloc(1, sizeof *scan);
  if (scan == NULL) return -ENOMEM;
  scan->context = context;
  scan->content = content;
  scan->out = (int)op->args[1].u;
  int root = open(op->args[0].s, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat status;
  int error = root < 0 ? -errno : tsk_fstat(root, &status);
  if (error == 0) {
    scan->device = status.st_dev;
    error = scan_directory(scan, root, ".", 0);
  }
  if (error == 0) error = flush(scan);
  if (root >= 0) close(root);
  free(scan);
  return error;
}

int tsk_do_SCAN(struct tsk_context *context, const struct tsk_op *op) { return scan_below(context, op, false); }

int tsk_do_SCAN_CONTENT(struct tsk_context *context, const struct tsk_op *op) { return scan_below(context, op, true); }
