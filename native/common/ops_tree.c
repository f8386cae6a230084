/* SPDX-License-Identifier: Apache-2.0
 *
 * RMTREE and SYNCFS, for the daemon's workers. Removal goes by descriptors: no link is followed, no mount entered
 * (EBUSY), and depth costs no descriptors beyond MAX_DEPTH, because deeper directories are moved up to the top first.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/ops.h"
#include "common/sys.h"

enum { MAX_DEPTH = 48 };

#define RESOLVE_NO_XDEV 0x01u
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1u
#endif

struct tree {
  const struct tsk_context *context;
  int top;         /* the tree's own directory */
  unsigned lifted; /* directories moved up so far, for their names */
};

/* O_NOFOLLOW and NO_XDEV: a link is ENOTDIR or ELOOP, a mount point EXDEV, told as the EBUSY that rmdir would give. */
static int open_subdirectory(int dir, const char *name) {
  const struct tsk_open_how how = {
      .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, .mode = 0, .resolve = RESOLVE_NO_XDEV};
  int fd = tsk_openat2(dir, name, &how);
  return fd == -EXDEV ? -EBUSY : fd;
}

static int empty_directory(struct tree *tree, int fd, int depth);

/* Never over an entry that happens to have the name. A later pass over the top removes what was moved there. */
static int lift(struct tree *tree, int dir, const char *name) {
  char lifted[40];
  int error;
  do {
    snprintf(lifted, sizeof lifted, ".tsker-rmtree-%u", tree->lifted++);
    error = TSK_CALL(SYS_renameat2, dir, name, tree->top, lifted, RENAME_NOREPLACE);
  } while (error == -EEXIST);
  return error;
}

static int remove_subdirectory(struct tree *tree, int dir, const char *name, int depth) {
  int fd, error;
  if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
    return 0;
  if (errno != ENOTEMPTY && errno != EEXIST)
    return -errno;
  if (depth == MAX_DEPTH)
    return lift(tree, dir, name);
  fd = open_subdirectory(dir, name);
  if (fd < 0)
    return fd;
  error = empty_directory(tree, fd, depth + 1);
  return error < 0 ? error : tsk_check(unlinkat(dir, name, AT_REMOVEDIR));
}

static int remove_child(struct tree *tree, int dir, const struct dirent *entry, int depth) {
  if (tsk_cancelled(tree->context))
    return -ECANCELED;
  if (entry->d_type != DT_DIR) {
    if (unlinkat(dir, entry->d_name, 0) == 0 || errno == ENOENT)
      return 0;
    if (errno != EISDIR)
      return -errno;
  }
  return remove_subdirectory(tree, dir, entry->d_name, depth);
}

static bool is_dot(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

/* One reading of the directory; *removed counts, because some file systems skip entries while others vanish. */
static int empty_pass(struct tree *tree, DIR *stream, int depth, unsigned *removed) {
  const struct dirent *entry;
  *removed = 0;
  while (errno = 0, (entry = readdir(stream)) != NULL) {
    int error;
    if (is_dot(entry->d_name))
      continue;
    error = remove_child(tree, dirfd(stream), entry, depth);
    if (error < 0)
      return error;
    ++*removed;
  }
  return errno != 0 ? -errno : 0;
}

/* Takes fd over. Ends: every pass but the last makes the tree smaller or shallower. */
static int empty_directory(struct tree *tree, int fd, int depth) {
  DIR *stream = fdopendir(fd);
  unsigned removed = 1;
  int error = 0;
  if (stream == NULL) {
    error = -errno;
    close(fd);
    return error;
  }
  while (error == 0 && removed > 0) {
    rewinddir(stream);
    error = empty_pass(tree, stream, depth, &removed);
  }
  closedir(stream);
  return error;
}

int tsk_do_RMTREE(struct tsk_context *context, const struct tsk_op *op) {
  struct tree tree = {.context = context};
  int fd, error;
  if (unlink(op->args[0].s) == 0)
    return 0;
  if (errno != EISDIR)
    return -errno;
  tree.top = (int)tsk_result(open(op->args[0].s, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (tree.top < 0)
    return tree.top;
  fd = (int)tsk_result(fcntl(tree.top, F_DUPFD_CLOEXEC, 3));
  error = fd < 0 ? fd : empty_directory(&tree, fd, 0);
  close(tree.top);
  return error < 0 ? error : tsk_check(rmdir(op->args[0].s));
}

int tsk_do_SYNCFS(struct tsk_context *context, const struct tsk_op *op) {
  int fd = (int)tsk_result(open(op->args[0].s, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  int error;
  (void)context;
  if (fd < 0)
    return fd;
  error = tsk_check(syncfs(fd));
  close(fd);
  return error;
}
