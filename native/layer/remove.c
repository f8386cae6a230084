/* SPDX-License-Identifier: Apache-2.0
 *
 * See remove.h.
 */
#include "layer/remove.h"

#include <stdio.h>
#include <string.h>

#include "common/sys.h"
#include "layer/walk.h"

#define DEPTH_MAX 64 /* of open directories; what is deeper is moved up and removed from there */

/* Where directories that are too deep go: the one that is being removed, so nothing of value has a name there. */
struct removal {
  int top;
  unsigned moved;
};

static int remove_at(struct removal *removal, int parent, const char *name, unsigned depth);

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
  const char *name;
  while ((name = tsk_walk_next(stream)) != NULL) {
    int error = remove_at(removal, dirfd(stream), name, depth);
    if (error != 0) return error;
  }
  return -errno;
}

static int remove_directory(struct removal *removal, int parent, const char *name, unsigned depth) {
  if (depth == DEPTH_MAX) return move_up(removal, parent, name);
  DIR *stream = tsk_walk_open(parent, name);
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
  if (depth == TSK_WALK_DEPTH_MAX) return -ELOOP;
  DIR *stream = tsk_walk_open(parent, name);
  if (stream == NULL) return -errno;
  int error = remove_unwritten_at(stream, written, depth + 1);
  closedir(stream);
  return error;
}

static int remove_unwritten_at(DIR *stream, const struct tsk_pathset *written, unsigned depth) {
  struct stat self;
  int error = tsk_fstat(dirfd(stream), &self);
  const char *name;
  while (error == 0 && (name = tsk_walk_next(stream)) != NULL) {
    struct stat child;
    error = tsk_fstatat(dirfd(stream), name, &child, AT_SYMLINK_NOFOLLOW);
    if (error != 0) break;
    if (S_ISDIR(child.st_mode) && tsk_pathset_has_directory(written, child.st_ino))
      error = clean_directory(dirfd(stream), name, written, depth);
    else if (S_ISDIR(child.st_mode) || !tsk_pathset_has_name(written, self.st_ino, name))
      error = tsk_remove_tree(dirfd(stream), name);
  }
  return error != 0 ? error : -errno;
}

int tsk_remove_unwritten(int directory, const struct tsk_pathset *written) {
  return clean_directory(directory, ".", written, 0);
}
