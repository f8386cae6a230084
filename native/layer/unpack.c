/* SPDX-License-Identifier: Apache-2.0
 *
 * Decides what an entry is (file, whiteout, another storage driver's note) and clears its way. Names are what Docker
 * makes of them: ".." is resolved within the name, and a name that still leads out is a breakout.
 */
#include "layer/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/remove.h"
#include "layer/unpack_internal.h"

#define WHITEOUT ".wh."
#define WHITEOUT_META ".wh..wh." /* aufs' own bookkeeping, of which only the opaque marker means something */
#define WHITEOUT_OPAQUE ".wh..wh..opq"
#define ENTRIES_MAX (8u << 20)

struct tsk_unpack *tsk_unpack_open(int root, uint32_t flags, struct tsk_fault *fault) {
  struct tsk_unpack *unpack = calloc(1, sizeof *unpack);
  int error = unpack == NULL ? -ENOMEM : 0;
  if (error == 0) error = tsk_target_open(&unpack->target, root);
  if (error == 0 && (flags & TSKER_EXTRACT_APPLY) != 0) error = tsk_pathset_open(&unpack->written);
  if (error == 0) {
    unpack->flags = flags;
    return unpack;
  }
  tsk_fault(fault, TSKER_STAGE_WRITE, error, "cannot use the target directory: %s", strerror(-error));
  tsk_unpack_close(unpack);
  return NULL;
}

void tsk_unpack_record(struct tsk_unpack *unpack, struct tsk_record *record) { unpack->record = record; }

void tsk_unpack_close(struct tsk_unpack *unpack) {
  if (unpack == NULL) return;
  tsk_target_close(&unpack->target);
  tsk_pathset_close(&unpack->written);
  free(unpack->times.bytes);
  free(unpack);
}

int unpack_failed(const struct tsk_tar_entry *entry, struct tsk_fault *fault, int error, const char *what) {
  return tsk_fault(fault, TSKER_STAGE_WRITE, error, "%.300s: %s: %s", entry->path, what, strerror(-error));
}

static bool starts_with(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

/* Whether what is in the way came with this layer and may have content that the recording points to. */
static bool is_recorded(const struct tsk_unpack *unpack, const struct tsk_directory *parent, const char *name) {
  struct stat status;
  if (tsk_fstatat(parent->fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISDIR(status.st_mode))
    return unpack->written.slots == NULL || tsk_pathset_has_directory(&unpack->written, status.st_ino);
  return S_ISREG(status.st_mode) &&
         (unpack->written.slots == NULL || tsk_pathset_has_name(&unpack->written, parent->inode, name));
}

/* Removes what is in the way of an entry. Paths through it must be looked up again. */
static int clear_way(struct tsk_unpack *unpack, const struct tsk_directory *parent, const char *name) {
  struct place place = {parent->fd, name};
  if (unpack->record != NULL && is_recorded(unpack, parent, name)) tsk_record_spoil(unpack->record);
  int error = tsk_remove_tree(place.directory, place.name);
  tsk_target_forget(&unpack->target);
  return error;
}

/* Notes that this layer brought the entry, and so the directories that lead to it. */
static int note_written(struct tsk_unpack *unpack, const struct tsk_directory *parent, const char *name) {
  struct stat status;
  int error = tsk_fstatat(parent->fd, name, &status, AT_SYMLINK_NOFOLLOW);
  if (error != 0) return error;
  error = S_ISDIR(status.st_mode) ? tsk_pathset_add_directory(&unpack->written, status.st_ino)
                                  : tsk_pathset_add_name(&unpack->written, parent->inode, name);
  /* Up to the first one noted before: what is above that was noted with it. */
  int fd = parent->fd;
  uint64_t inode = parent->inode;
  while (error >= 0 && inode != unpack->target.root.inode &&
         (error = tsk_pathset_add_directory(&unpack->written, inode)) > 0) {
    int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd != parent->fd) close(fd);
    fd = up;
    error = up < 0 ? -errno : tsk_fstat(up, &status);
    inode = status.st_ino;
  }
  if (fd >= 0 && fd != parent->fd) close(fd);
  return error < 0 ? error : 0;
}

static int create(struct tsk_unpack *unpack, const char *directory, const char *name, struct tsk_tar *tar,
                  const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  bool opaque = false;
  for (bool cleared = false;; cleared = true) {
    struct tsk_directory *parent = tsk_target_directory(&unpack->target, directory);
    if (parent == NULL) return unpack_failed(entry, fault, -errno, "cannot open its directory");
    struct place place = {parent->fd, name};
    int error = unpack_create(unpack, place, tar, entry, fault);
    if (error == -EEXIST && !cleared) {
      opaque = unpack_is_whiteout(place) && (unpack->flags & TSKER_EXTRACT_OVERLAY) != 0;
      error = clear_way(unpack, parent, name);
      if (error != 0) return unpack_failed(entry, fault, error, "cannot replace");
      continue;
    }
    if (error == -EEXIST) return unpack_failed(entry, fault, error, "cannot create");
    if (error != 0) return error;
    /* A directory in place of a whiteout of the same layer must not be merged with what the whiteout hides. */
    if (opaque && entry->type == TSK_TAR_DIRECTORY) error = unpack_make_opaque(place);
    if (error == 0 && unpack->written.slots != NULL) error = note_written(unpack, parent, name);
    return error == 0 ? 0 : unpack_failed(entry, fault, error, "cannot finish");
  }
}

static int place_entry(struct tsk_unpack *unpack, struct tsk_tar *tar, const struct tsk_tar_entry *entry,
                       struct tsk_fault *fault) {
  char *path = unpack->path;
  bool meta = starts_with(path, WHITEOUT_META) && strcmp(path, WHITEOUT_OPAQUE) != 0;
  if (*path == 0 || meta) return 0; /* engines leave the root's own metadata alone: archives are often of a 0700 directory */

  struct timespec mtime = entry->mtime;
  bool directory = entry->type == TSK_TAR_DIRECTORY;
  if (directory && unpack_times_add(&unpack->times, path, &mtime) != 0)
    return unpack_failed(entry, fault, -E2BIG, "too many directories");

  const char *parent;
  const char *name = tsk_path_split(path, &parent);
  if (strcmp(name, WHITEOUT_OPAQUE) == 0) return unpack_opaque(unpack, parent, entry, fault);
  if (starts_with(name, WHITEOUT_META)) return 0;
  if (!starts_with(name, WHITEOUT)) return create(unpack, parent, name, tar, entry, fault);
  const char *hidden = name + strlen(WHITEOUT);
  if (*hidden == 0 || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
    return tsk_fault(fault, TSKER_STAGE_TAR, -EBADMSG, "invalid whiteout: %.300s", entry->path);
  return unpack_whiteout(unpack, parent, hidden, entry, fault);
}

/* The file is there with this content: only that is noted. */
static int adopt_entry(struct tsk_unpack *unpack, struct tsk_tar *tar, const struct tsk_tar_entry *entry,
                       struct tsk_fault *fault) {
  const uint8_t *data;
  size_t size;
  uint64_t offset;
  int got;
  if (entry->type != TSK_TAR_FILE) return 0;
  while ((got = tsk_tar_data(tar, &data, &size, &offset, fault)) > 0) {
    int error = unpack->record == NULL ? 0 : tsk_record_content(unpack->record, "", unpack->path, data, size, offset);
    if (error != 0) return unpack_failed(entry, fault, error, "cannot record");
  }
  return got;
}

int tsk_unpack_entry(struct tsk_unpack *unpack, struct tsk_tar *tar, struct tsk_tar_entry *entry,
                     struct tsk_fault *fault) {
  if (++unpack->totals.entries > ENTRIES_MAX)
    return tsk_fault(fault, TSKER_STAGE_TAR, -E2BIG, "the layer has more than %u entries", ENTRIES_MAX);
  if (tsk_path_clean(entry->path, unpack->path) < 0)
    return tsk_fault(fault, TSKER_STAGE_TAR, -EBADMSG, "breakout: %.300s leads out of the root", entry->path);
  bool adopted = (unpack->flags & TSKER_EXTRACT_ADOPT) != 0;
  int error = adopted ? adopt_entry(unpack, tar, entry, fault) : place_entry(unpack, tar, entry, fault);
  if (error == 0 && entry->type == TSK_TAR_FILE) unpack->totals.size += entry->size;
  return error;
}

int tsk_unpack_finish(struct tsk_unpack *unpack, struct tsk_unpack_totals *totals, struct tsk_fault *fault) {
  *totals = unpack->totals;
  int error = unpack_times_apply(unpack);
  return error == 0 ? 0 : tsk_fault(fault, TSKER_STAGE_WRITE, error, "cannot set the times of directories: %s",
                                    strerror(-error));
}
