/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths of operations. With TSKER_OPF_IN_ROOT every path is resolved by the kernel inside the ROOT descriptor
 * (openat2, RESOLVE_IN_ROOT): absolute links and ".." of a hostile image stay inside, magic links are refused, and there
 * is no moment between check and use. Without it a path is what it says.
 */
#include "common/ops.h"

#include <fcntl.h>
#include <string.h>

#include "common/sys.h"

/* openat2 gives EAGAIN when a rename or mount elsewhere raced with a ".."; that passes. */
enum { RETRIES = 128, MAX_LINKS = 8 };

static int open_in_root(int root, const char *path, int flags, mode_t mode) {
  const struct tsk_open_how how = {
      .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
      .mode = (flags & O_CREAT) != 0 ? mode : 0,
      .resolve = TSK_RESOLVE_IN_ROOT | TSK_RESOLVE_NO_MAGICLINKS,
  };
  int fd = -EBADF;
  if (root < 0)
    return fd;
  for (int i = 0; i < RETRIES; i++) {
    fd = tsk_openat2(root, path, &how);
    if (fd != -EAGAIN && fd != -EINTR)
      break;
  }
  return fd;
}

int tsk_open(const struct tsk_context *context, const struct tsk_op *op, const char *path, int flags, mode_t mode) {
  if (tsk_in_root(op))
    return open_in_root(context->root_fd, path, flags, mode);
  return (int)tsk_result(open(path, flags | O_CLOEXEC, mode));
}

/* Splits place->buffer at its last component; the name must be one that can be made or removed. */
static int split(struct tsk_place *place, const char **parent) {
  size_t size = strlen(place->buffer);
  char *slash;
  while (size > 1 && place->buffer[size - 1] == '/')
    place->buffer[--size] = '\0';
  slash = strrchr(place->buffer, '/');
  if (slash == NULL) {
    *parent = ".";
    place->name = place->buffer;
  } else {
    *slash = '\0';
    *parent = slash == place->buffer ? "/" : place->buffer;
    place->name = slash + 1;
  }
  if (place->name[0] == '\0')
    return -EEXIST; /* the root itself */
  return strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0 ? -EINVAL : 0;
}

int tsk_find(const struct tsk_context *context, const struct tsk_op *op, const char *path, struct tsk_place *place) {
  const char *parent;
  int error;
  place->dir = AT_FDCWD;
  place->name = path;
  if (!tsk_in_root(op))
    return 0;
  if (strlen(path) >= sizeof place->buffer)
    return -ENAMETOOLONG;
  strcpy(place->buffer, path);
  error = split(place, &parent);
  if (error < 0)
    return error;
  place->dir = open_in_root(context->root_fd, parent, O_PATH | O_DIRECTORY, 0);
  return place->dir < 0 ? place->dir : 0;
}

void tsk_leave(struct tsk_place *place) {
  if (place->dir >= 0)
    close(place->dir);
}

void tsk_fd_path(int fd, char out[TSK_FD_PATH]) {
  static const char prefix[] = "/proc/self/fd/";
  char digits[12];
  size_t count = 0;
  size_t at = sizeof prefix - 1;
  memcpy(out, prefix, at);
  do {
    digits[count++] = (char)('0' + fd % 10);
    fd /= 10;
  } while (fd > 0);
  while (count > 0)
    out[at++] = digits[--count];
  out[at] = '\0';
}

static int open_directory(const struct tsk_context *context, const struct tsk_op *op, const char *path) {
  return tsk_open(context, op, path, O_PATH | O_DIRECTORY, 0);
}

static int make_one(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode) {
  struct tsk_place place;
  int error = tsk_find(context, op, path, &place);
  if (error < 0)
    return error;
  error = tsk_check(mkdirat(place.dir, place.name, mode));
  tsk_leave(&place);
  return error;
}

/* Where a dangling link at `path` points to, as a path inside the root. -EINVAL: it is no link. */
static int read_link(const struct tsk_context *context, const struct tsk_op *op, const char *path, char target[PATH_MAX]) {
  struct tsk_place place;
  char content[PATH_MAX];
  size_t base;
  ssize_t size;
  int error = tsk_find(context, op, path, &place);
  if (error < 0)
    return error;
  size = readlinkat(place.dir, place.name, content, sizeof content - 1);
  error = size < 0 ? -errno : size == 0 ? -ENOENT : 0;
  tsk_leave(&place);
  if (error < 0)
    return error;
  base = content[0] == '/' ? 0 : (size_t)(place.name - place.buffer); /* what stood before the name, the slash included */
  if (base + (size_t)size >= PATH_MAX)
    return -ENAMETOOLONG;
  memcpy(target, path, base);
  memcpy(target + base, content, (size_t)size);
  target[base + (size_t)size] = '\0';
  return 0;
}

static int make_directories(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode,
                            int links);

/* One prefix of the path. The second look answers a race with another maker. */
static int make_level(const struct tsk_context *context, const struct tsk_op *op, const char *prefix, mode_t mode, int links) {
  char target[PATH_MAX];
  int fd = open_directory(context, op, prefix);
  if (fd == -ENOENT) {
    int error = make_one(context, op, prefix, mode);
    if (error == 0)
      return 0;
    if (error != -EEXIST)
      return error;
    fd = open_directory(context, op, prefix);
  }
  if (fd == -ENOENT && tsk_in_root(op)) {
    int error = links == MAX_LINKS ? -ELOOP : read_link(context, op, prefix, target);
    return error < 0 ? error : make_directories(context, op, target, mode, links + 1);
  }
  if (fd < 0)
    return fd;
  close(fd);
  return 0;
}

static int make_directories(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode,
                            int links) {
  char prefix[PATH_MAX];
  int fd = open_directory(context, op, path);
  if (fd >= 0) {
    close(fd);
    return 0;
  }
  if (fd != -ENOENT)
    return fd;
  if (strlen(path) >= sizeof prefix)
    return -ENAMETOOLONG;
  for (size_t at = 0;; at++) {
    prefix[at] = path[at];
    if ((path[at] == '/' && at > 0 && path[at - 1] != '/') || path[at] == '\0') {
      int error;
      prefix[at] = '\0';
      error = make_level(context, op, prefix, mode, links);
      if (error < 0 || path[at] == '\0')
        return error;
      prefix[at] = '/';
    }
  }
}

int tsk_make_directories(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode) {
  return make_directories(context, op, path, mode, 0);
}

static int create_file(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode) {
  int fd = tsk_open(context, op, path, O_CREAT | O_WRONLY | O_NOCTTY | O_NONBLOCK, mode);
  if (fd < 0)
    return fd;
  close(fd);
  return 0;
}

/* A dangling link whose directory is missing too, as images leave for /etc/resolv.conf: make what it points to. */
static int create_behind_link(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode) {
  char target[PATH_MAX];
  char *slash;
  int error = read_link(context, op, path, target);
  if (error < 0)
    return error == -EINVAL ? -ENOENT : error;
  slash = strrchr(target, '/');
  if (slash != NULL && slash != target) {
    *slash = '\0';
    error = make_directories(context, op, target, 0755, 1);
    *slash = '/';
  }
  return error < 0 ? error : create_file(context, op, target, mode);
}

int tsk_make_file(const struct tsk_context *context, const struct tsk_op *op, const char *path, mode_t mode) {
  struct stat existing;
  int fd = tsk_open(context, op, path, O_PATH, 0);
  int error = fd;
  if (fd >= 0) {
    /* Opened by path only: a device or pipe that is there must not notice. */
    error = tsk_fstat(fd, &existing);
    close(fd);
    return error < 0 ? error : S_ISDIR(existing.st_mode) ? -EISDIR : 0;
  }
  if (error != -ENOENT)
    return error;
  error = create_file(context, op, path, mode);
  return error == -ENOENT && tsk_in_root(op) ? create_behind_link(context, op, path, mode) : error;
}
