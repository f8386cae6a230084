/* SPDX-License-Identifier: Apache-2.0
 *
 * Whiteouts (OCI image-spec, layer.md): ".wh.<name>" hides name in the layers below, ".wh..wh..opq" all that a directory
 * holds there. They never touch what this layer brings itself, wherever in the archive they stand. Two forms: overlayfs'
 * own, for a layer in a directory of its own, and deletion in place, for a copy of the layers below.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/remove.h"
#include "layer/unpack_internal.h"

bool unpack_is_whiteout(struct place place) {
  struct stat status;
  return tsk_fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == 0;
}

int unpack_make_opaque(struct place place) { return unpack_set_xattr(place, "trusted.overlay.opaque", "y", 1); }

/* The layer's own file of that name stands for the whiteout already; a directory of its own must not be merged. */
static int hide(struct place place) {
  struct stat status;
  int error = tsk_mknodat(place.directory, place.name, S_IFCHR, 0);
  if (error != -EEXIST) return error;
  error = tsk_fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW);
  return error == 0 && S_ISDIR(status.st_mode) ? unpack_make_opaque(place) : error;
}

static int remove_lower(struct tsk_unpack *unpack, const struct tsk_directory *directory, const char *name) {
  struct stat status;
  int error = tsk_fstatat(directory->fd, name, &status, AT_SYMLINK_NOFOLLOW);
  if (error != 0) return error == -ENOENT ? 0 : error;
  if (S_ISDIR(status.st_mode) && tsk_pathset_has_directory(&unpack->written, status.st_ino)) {
    int fd = openat(directory->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    error = fd < 0 ? -errno : tsk_remove_unwritten(fd, &unpack->written);
    if (fd >= 0) close(fd);
  } else if (S_ISDIR(status.st_mode) || !tsk_pathset_has_name(&unpack->written, directory->inode, name)) {
    error = tsk_remove_tree(directory->fd, name);
  }
  tsk_target_forget(&unpack->target);
  return error;
}

int unpack_whiteout(struct tsk_unpack *unpack, const char *directory, const char *name,
                    const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  bool overlay = (unpack->flags & TSKER_EXTRACT_OVERLAY) != 0;
  struct tsk_directory *parent =
      overlay ? tsk_target_directory(&unpack->target, directory) : tsk_target_existing(&unpack->target, directory);
  if (parent == NULL && !overlay && (errno == ENOENT || errno == ENOTDIR)) return 0; /* nothing there to hide */
  int error = parent == NULL ? -errno : 0;
  if (error == 0)
    error = overlay ? hide((struct place){parent->fd, name}) : remove_lower(unpack, parent, name);
  return error == 0 ? 0 : unpack_failed(entry, fault, error, "cannot apply the whiteout");
}

int unpack_opaque(struct tsk_unpack *unpack, const char *directory, const struct tsk_tar_entry *entry,
                  struct tsk_fault *fault) {
  struct tsk_directory *opaque = tsk_target_directory(&unpack->target, directory);
  int error = opaque == NULL ? -errno : 0;
  if (error == 0 && (unpack->flags & TSKER_EXTRACT_OVERLAY) != 0) {
    error = unpack_make_opaque((struct place){opaque->fd, "."});
  } else if (error == 0) {
    error = tsk_remove_unwritten(opaque->fd, &unpack->written);
    tsk_target_forget(&unpack->target);
  }
  return error == 0 ? 0 : unpack_failed(entry, fault, error, "cannot make the directory opaque");
}
