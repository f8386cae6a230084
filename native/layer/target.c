/* SPDX-License-Identifier: Apache-2.0
 *
 * See target.h.
 */
#include "layer/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/inside.h"

int tsk_target_open(struct tsk_target *target, int root) {
  *target = (struct tsk_target){.root = {.fd = root}};
  struct stat status;
  int error = tsk_fstat(root, &status);
  if (error == 0 && !S_ISDIR(status.st_mode)) error = -ENOTDIR;
  target->root.inode = status.st_ino;
  return error;
}

static void drop(struct tsk_directory *directory) {
  if (directory->path == NULL) return;
  close(directory->fd);
  free(directory->path);
  *directory = (struct tsk_directory){0};
}

void tsk_target_forget(struct tsk_target *target) {
  for (size_t i = 0; i < TSK_TARGET_CACHE; i++) drop(&target->cache[i]);
}

void tsk_target_close(struct tsk_target *target) { tsk_target_forget(target); }

static int resolve(const struct tsk_target *target, const char *path) {
  const int flags = O_PATH | O_DIRECTORY;
  return target->straight ? tsk_inside_open_straight(target->root.fd, path, flags)
                          : tsk_inside_open(target->root.fd, path, flags);
}

/* Makes what is missing of a path, component by component, as implied by an entry whose directory has none of its own. */
static int make(const struct tsk_target *target, const char *path) {
  char *partial = strdup(path);
  if (partial == NULL) return -ENOMEM;
  int parent = target->root.fd;
  char *name = partial;
  char *end;
  int error;
  do {
    end = name + strcspn(name, "/");
    char after = *end;
    *end = 0;
    int fd = resolve(target, partial);
    if (fd == -ENOENT) {
      fd = tsk_check(mkdirat(parent, name, 0755));
      if (fd == 0) fd = tsk_check(fchownat(parent, name, 0, 0, AT_SYMLINK_NOFOLLOW));
      if (fd == 0) fd = resolve(target, partial);
      if (fd == -EEXIST) fd = -ENOTDIR; /* a link that leads nowhere */
    }
    if (parent != target->root.fd) close(parent);
    parent = error = fd;
    *end = after;
    name = end + 1;
  } while (error >= 0 && *end != 0);
  free(partial);
  return error;
}

static struct tsk_directory *find(struct tsk_target *target, const char *path, size_t length) {
  for (size_t i = 0; i < TSK_TARGET_CACHE; i++) {
    struct tsk_directory *directory = &target->cache[i];
    if (directory->path != NULL && directory->length == length && memcmp(directory->path, path, length) == 0)
      return directory;
  }
  return NULL;
}

static struct tsk_directory *least_used(struct tsk_target *target) {
  struct tsk_directory *least = &target->cache[0];
  for (size_t i = 1; i < TSK_TARGET_CACHE; i++)
    if (target->cache[i].used < least->used) least = &target->cache[i];
  return least;
}

/* Keeps an open directory in place of the one used longest ago; NULL with errno when it cannot. */
static struct tsk_directory *keep(struct tsk_target *target, const char *path, size_t length, int fd) {
  struct stat status;
  char *name = strdup(path);
  int error = name != NULL ? tsk_fstat(fd, &status) : -ENOMEM;
  if (error != 0) {
    free(name);
    close(fd);
    errno = -error;
    return NULL;
  }
  struct tsk_directory *directory = least_used(target);
  drop(directory);
  *directory = (struct tsk_directory){.fd = fd, .inode = status.st_ino, .length = length, .path = name};
  return directory;
}

static struct tsk_directory *lookup(struct tsk_target *target, const char *path,
                                    int (*missing)(const struct tsk_target *, const char *)) {
  size_t length = strlen(path);
  if (length == 0) return &target->root;
  struct tsk_directory *directory = find(target, path, length);
  if (directory == NULL) {
    int fd = resolve(target, path);
    if (fd == -ENOENT && missing != NULL) fd = missing(target, path);
    if (fd < 0) errno = -fd;
    directory = fd >= 0 ? keep(target, path, length, fd) : NULL;
  }
  if (directory != NULL) directory->used = ++target->clock;
  return directory;
}

struct tsk_directory *tsk_target_directory(struct tsk_target *target, const char *path) {
  return lookup(target, path, make);
}

struct tsk_directory *tsk_target_existing(struct tsk_target *target, const char *path) {
  return lookup(target, path, NULL);
}
