/* SPDX-License-Identifier: Apache-2.0
 *
 * See remove.h.
 */
#include "layer/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"

#define DEPTH_MAX 64 /* of open directories; what is deeper is moved up and removed from there */
#define WALK_DEPTH_MAX 1024

/* Where directories that are too deep go: the one that is being removed, so nothing of value has a name there. */
struct removal {
  int top;
  unsigned moved;
};

static int remove_at(struct removal *removal, int parent, const char *name, unsigned depth);

static bool is_dot(const char *name) { return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)); }

/* A stream over a directory opened by name; it owns the descriptor. */
static DIR *open_stream(int parent, const char *name) {
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
  if (stream == NULL && fd >= 0) close(fd);
  return stream;
}

static int move_up(struct removal *removal, int parent, const char *name) {
  char moved[32];
  int error;
  do {
    snprintf(moved, sizeof moved, ".tsker-%u", removal->moved++);
    error = TSK_CALL(SYS_renameat2, parent, name, removal->top, moved, 1u /* RENAME_NOREPLACE */);
  } while (error == -EEXIST);
  return error;
}

static int empty(struct removal *removal, DIR *stream, unsigned depth) {
  const struct dirent *entry;
  while (errno = 0, (entry = readdir(stream)) != NULL) {
    if (is_dot(entry->d_name)) continue;
    int error = remove_at(removal, dirfd(stream), entry->d_name, depth);
    if (error != 0) return error;
  }
  return -errno;
}

static int remove_directory(struct removal *removal, int parent, const char *name, unsigned depth) {
  if (depth == DEPTH_MAX) return move_up(removal, parent, name);
  DIR *stream = open_stream(parent, name);
  if (stream == NULL) return -errno;
  struct removal own = {.top = dirfd(stream)};
  struct removal *within = removal != NULL ? removal : &own;
  int error = empty(within, stream, depth + 1);
  /* What was moved up here may have been moved behind the stream's position. */
  while (error == 0 && within == &own && own.moved > 0) {
    own.moved = 0;
    rewinddir(stream);
    error = empty(within, stream, depth + 1);
  }
  closedir(stream);
  return error != 0 ? error : tsk_check(unlinkat(parent, name, AT_REMOVEDIR));
}

static int remove_at(struct removal *removal, int parent, const char *name, unsigned depth) {
  if (unlinkat(parent, name, 0) == 0) return 0;
  if (errno != EISDIR && errno != EPERM) return -errno;
  return remove_directory(removal, parent, name, depth);
}

int tsk_remove_tree(int parent, const char *name) {
  int error = remove_at(NULL, parent, name, 0);
  return error == -ENOENT ? 0 : error;
}

static int remove_unwritten_at(DIR *stream, const struct tsk_pathset *written, unsigned depth);

/* Keeps a directory that was written and empties it of the rest. */
static int clean_directory(int parent, const char *name, const struct tsk_pathset *written, unsigned depth) {
  if (depth == WALK_DEPTH_MAX) return -ELOOP;
  DIR *stream = open_stream(parent, name);
  if (stream == NULL) return -errno;
  int error = remove_unwritten_at(stream, written, depth + 1);
  closedir(stream);
  return error;
}

static int remove_unwritten_at(DIR *stream, const struct tsk_pathset *written, unsigned depth) {
  struct stat self;
  int error = tsk_fstat(dirfd(stream), &self);
  const struct dirent *entry;
  while (error == 0 && (errno = 0, (entry = readdir(stream)) != NULL)) {
    struct stat child;
    if (is_dot(entry->d_name)) continue;
    error = tsk_fstatat(dirfd(stream), entry->d_name, &child, AT_SYMLINK_NOFOLLOW);
    if (error != 0) break;
    if (S_ISDIR(child.st_mode) && tsk_pathset_has_directory(written, child.st_ino))
      error = clean_directory(dirfd(stream), entry->d_name, written, depth);
    else if (S_ISDIR(child.st_mode) || !tsk_pathset_has_name(written, self.st_ino, entry->d_name))
      error = tsk_remove_tree(dirfd(stream), entry->d_name);
  }
  return error != 0 ? error : -errno;
}

int tsk_remove_unwritten(int directory, const struct tsk_pathset *written) {
  return clean_directory(directory, ".", written, 0);
}
