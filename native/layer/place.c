/* SPDX-License-Identifier: Apache-2.0
 *
 * Places an archive below a directory of a root, as Docker's cp does (archive.h). Paths are kept from the root, so that links
 * on the way are followed within the root and not within the directory; what is made is made by descriptor of its parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/inside.h"
#include "layer/path.h"
#include "layer/place_internal.h"
#include "layer/remove.h"


/* ---- faults in Docker's words ---- */

static int breakout(const struct placing *placing, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  return tsk_fault(fault, TSKER_STAGE_BREAKOUT, -EXDEV, "\"%.200s\" is outside of \"/%.200s\"", entry->path, placing->base);
}

static int other_kind(const struct placing *placing, const char *name, bool directory, struct tsk_fault *fault) {
  if (directory)
    return tsk_fault(fault, TSKER_STAGE_DIRECTORY, -EISDIR, "cannot overwrite directory \"/%.200s\" with non-directory \"/%.200s\"",
                     name, placing->base);
  return tsk_fault(fault, TSKER_STAGE_FILE, -ENOTDIR, "cannot overwrite non-directory \"/%.200s\" with directory \"/%.200s\"",
                   name, placing->base);
}

/* ---- one entry ---- */

/* Below the base, from the root. */
static int join(const struct placing *placing, const char *clean, char out[TSK_TAR_PATH_MAX]) {
  int size = snprintf(out, TSK_TAR_PATH_MAX, "%s%s%s", placing->base, placing->base[0] != 0 ? "/" : "", clean);
  return size < (int)TSK_TAR_PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* What the entry has that its object is not to have. */
static int make_plain(struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  bool strange = entry->type == TSK_TAR_CHAR || entry->type == TSK_TAR_BLOCK_DEVICE || entry->type == TSK_TAR_FIFO;
  if (strange) return unpack_failed(entry, fault, -EOPNOTSUPP, "neither a file, a directory nor a link");
  entry->uid = entry->gid = UINT32_MAX; /* chown leaves them as they are */
  entry->mode &= 0777;
  entry->xattr_count = 0;
  return 0;
}

/* Owner and group as the file system is to have them. */
static int set_owner(const struct placing *placing, struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  const struct tsk_place_request *request = placing->request;
  bool given = (request->flags & TSKER_PLACE_OWNER) != 0;
  uint32_t uid = given ? request->uid : entry->uid;
  uint32_t gid = given ? request->gid : entry->gid;
  if (tsk_id_outside(&request->ids, TSKER_ID_USER, uid, &entry->uid) &&
      tsk_id_outside(&request->ids, TSKER_ID_GROUP, gid, &entry->gid))
    return 0;
  return tsk_fault(fault, TSKER_STAGE_WRITE, -EINVAL, "%.300s: owner %u:%u has no mapping in the container's user namespace",
                   entry->path, uid, gid);
}

static int set_hard_link(struct placing *placing, struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  char clean[TSK_TAR_PATH_MAX];
  if (tsk_path_clean(entry->link, clean) < 0)
    return tsk_fault(fault, TSKER_STAGE_BREAKOUT, -EXDEV, "invalid hardlink \"%.200s\" -> \"%.200s\"", entry->path, entry->link);
  int error = join(placing, clean, placing->link);
  entry->link = placing->link;
  return error == 0 ? 0 : unpack_failed(entry, fault, error, "cannot link");
}

/* Looks at what is there: 0 when it may stay or nothing is, 1 when it is to be removed. */
static int in_the_way(const struct placing *placing, struct place place, const char *path, const struct tsk_tar_entry *entry,
                      struct tsk_fault *fault) {
  struct stat status;
  int error = tsk_fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW);
  if (error != 0) return error == -ENOENT ? 0 : unpack_failed(entry, fault, error, "cannot look at what is there");
  bool is_directory = S_ISDIR(status.st_mode);
  bool wants_directory = entry->type == TSK_TAR_DIRECTORY;
  if (is_directory != wants_directory && (placing->request->flags & TSKER_PLACE_KEEP_KIND) != 0)
    return other_kind(placing, path, is_directory, fault);
  return !(is_directory && wants_directory);
}

/* Where an entry goes. */
struct where {
  char whole[TSK_TAR_PATH_MAX]; /* from the root */
  const char *parent, *name;    /* the same in two parts */
};

/* -EAGAIN: something was in the way, or came there meanwhile; what is known of directories no longer holds. */
static int place_once(struct placing *placing, const struct where *where, struct tsk_tar *tar,
                      const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  struct tsk_directory *directory = place_make_directory(placing, where->parent);
  if (directory == NULL) return unpack_failed(entry, fault, -errno, "cannot open its directory");
  if (tsk_inside_kernel(directory->fd)) return unpack_failed(entry, fault, -EOPNOTSUPP, "not on this file system");
  struct place place = {directory->fd, where->name};
  int error = in_the_way(placing, place, where->whole, entry, fault);
  if (error < 0) return error;
  if (error > 0) {
    error = tsk_remove_tree(place.directory, place.name);
    return error == 0 ? -EAGAIN : unpack_failed(entry, fault, error, "cannot replace what is there");
  }
  error = place_create(placing, place, tar, entry, fault);
  return error == -EEXIST ? -EAGAIN : error;
}

static int place_at(struct placing *placing, const struct where *where, struct tsk_tar *tar,
                    const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  int error;
  int tries = 0;
  while ((error = place_once(placing, where, tar, entry, fault)) == -EAGAIN && fault->error == 0) {
    tsk_target_forget(&placing->unpack.target);
    /* Once is a file that is replaced; somebody in the container who is always faster is not waited for for ever. */
    if (++tries == PLACE_RETRIES) return unpack_failed(entry, fault, -EEXIST, "cannot create");
  }
  return error;
}

static int place_entry(struct placing *placing, struct tsk_tar *tar, struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  struct where where;
  char clean[TSK_TAR_PATH_MAX];
  if (tsk_path_clean(entry->path, clean) < 0) return breakout(placing, entry, fault);
  if (clean[0] == 0) return 0; /* the directory itself keeps what it has */
  int error = join(placing, clean, placing->unpack.path);
  if (error != 0) return unpack_failed(entry, fault, error, "cannot create");
  bool plain = (placing->request->flags & TSKER_PLACE_PLAIN) != 0;
  error = plain ? make_plain(entry, fault) : set_owner(placing, entry, fault);
  if ((placing->request->flags & TSKER_PLACE_MODE) != 0)
    entry->mode = (placing->request->flags >> TSKER_PLACE_MODE_SHIFT) & 07777;
  if (error == 0 && entry->type == TSK_TAR_HARDLINK) error = set_hard_link(placing, entry, fault);
  if (error != 0) return error;

  struct timespec mtime = entry->mtime;
  strcpy(where.whole, placing->unpack.path);
  where.name = tsk_path_split(placing->unpack.path, &where.parent);
  error = place_at(placing, &where, tar, entry, fault);
  if (error == 0 && entry->type == TSK_TAR_DIRECTORY && unpack_times_add(&placing->unpack.times, where.whole, &mtime) != 0)
    error = unpack_failed(entry, fault, -E2BIG, "too many directories");
  placing->unpack.totals.entries++;
  if (error == 0 && entry->type == TSK_TAR_FILE) placing->unpack.totals.size += entry->size;
  return error;
}

/* ---- the archive ---- */

static int place_entries(struct placing *placing, struct place_feed *feed, struct tsk_fault *fault) {
  struct tsk_tar *tar = tsk_tar_open(&feed->source);
  if (tar == NULL) return tsk_fault(fault, TSKER_STAGE_TAR, -ENOMEM, "out of memory");
  struct tsk_tar_entry *entry;
  int error;
  while ((error = tsk_tar_next(tar, &entry, fault)) > 0) {
    error = tsk_cancel_asked(feed->cancel) ? tsk_fault(fault, TSKER_STAGE_WRITE, -ECANCELED, "cancelled")
                                               : place_entry(placing, tar, entry, fault);
    if (error != 0) break;
  }
  tsk_tar_close(tar);
  if (error == 0) error = place_feed_drain(feed);
  return error;
}

static int set_times(struct placing *placing, struct tsk_fault *fault) {
  int error;
  int tries = 0;
  do error = unpack_times_apply(&placing->unpack);
  while (error == -EAGAIN && ++tries < PLACE_RETRIES);
  return error == 0 ? 0
                    : tsk_fault(fault, TSKER_STAGE_WRITE, error, "cannot set the times of directories: %s", strerror(-error));
}

/* The directory that was asked for: it has to be there. */
static int open_base(struct placing *placing, struct tsk_fault *fault) {
  const char *path = placing->request->path;
  int error = strlen(path) < sizeof placing->base ? tsk_path_clean(path, placing->base) : -ENAMETOOLONG;
  if (error == 0) error = tsk_target_open(&placing->unpack.target, placing->request->root);
  placing->unpack.target.straight = (placing->request->flags & TSKER_PLACE_PLAIN) != 0;
  struct tsk_directory *directory = error == 0 ? place_directory(placing, placing->base) : NULL;
  if (error == 0 && directory == NULL) error = -errno;
  if (error == 0 && tsk_inside_kernel(directory->fd)) error = -EOPNOTSUPP;
  if (error == -ENOTDIR) return tsk_fault(fault, TSKER_STAGE_PATH, error, "extraction point is not a directory");
  return error == 0 ? 0 : tsk_fault(fault, TSKER_STAGE_PATH, error, "%.400s: %s", path, strerror(-error));
}

static int place_stream(struct placing *placing, struct tsk_fault *fault) {
  struct place_feed feed;
  int error = place_feed_open(&feed, placing->request, fault);
  if (error == 0) error = place_entries(placing, &feed, fault);
  if (error == 0) error = set_times(placing, fault);
  place_feed_close(&feed);
  return error;
}

int tsk_place(const struct tsk_place_request *request, struct tsker_place_result *result) {
  struct tsk_fault fault = {.error = 0};
  *result = (struct tsker_place_result){.error = 0};
  struct placing *placing = calloc(1, sizeof *placing);
  if (placing == NULL) return result->error = -ENOMEM;
  placing->request = request;
  int error = open_base(placing, &fault);
  if (error == 0) error = place_stream(placing, &fault);
  if (error != 0) tsk_fault(&fault, TSKER_STAGE_WRITE, error, "%s", strerror(-error));
  result->error = fault.error;
  result->stage = fault.stage;
  result->size = placing->unpack.totals.size;
  result->entries = placing->unpack.totals.entries;
  memcpy(result->message, fault.message, sizeof result->message);
  tsk_target_close(&placing->unpack.target);
  free(placing->unpack.times.bytes);
  free(placing);
  return result->error;
}
