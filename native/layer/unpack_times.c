/* SPDX-License-Identifier: Apache-2.0
 *
 * The modification times of directories, set when nothing is written into them any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/sys.h"
#include "layer/unpack_internal.h"

#define TIMES_MAX (256u << 20) /* bytes; a million directories with long names */

struct record {
  struct timespec mtime;
  size_t length; /* of the path that follows, its NUL included */
};

int unpack_times_add(struct times *times, const char *path, const struct timespec *mtime) {
  struct record record = {.mtime = *mtime, .length = strlen(path) + 1};
  size_t needed = times->size + sizeof record + record.length;
  if (needed > TIMES_MAX) return -E2BIG;
  if (needed > times->capacity) {
    size_t capacity = needed * 2 + 4096;
    uint8_t *grown = realloc(times->bytes, capacity);
    if (grown == NULL) return -ENOMEM;
    times->bytes = grown;
    times->capacity = capacity;
  }
  memcpy(times->bytes + times->size, &record, sizeof record);
  memcpy(times->bytes + times->size + sizeof record, path, record.length);
  times->size = needed;
  return 0;
}

/* What is no directory any more was replaced by a later entry, which brought its own time. */
static int apply(struct tsk_unpack *unpack, char *path, const struct timespec *mtime) {
  const char *parent;
  const char *name = tsk_path_split(path, &parent);
  struct tsk_directory *directory = tsk_target_existing(&unpack->target, parent);
  if (directory == NULL) return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
  struct stat status;
  int error = tsk_fstatat(directory->fd, name, &status, AT_SYMLINK_NOFOLLOW);
  if (error == -ENOENT || (error == 0 && !S_ISDIR(status.st_mode))) return 0;
  struct timespec both[2] = {*mtime, *mtime};
  return error != 0 ? error : tsk_check(utimensat(directory->fd, name, both, AT_SYMLINK_NOFOLLOW));
}

int unpack_times_apply(struct tsk_unpack *unpack) {
  int error = 0;
  for (size_t at = 0; error == 0 && at < unpack->times.size;) {
    struct record record;
    memcpy(&record, unpack->times.bytes + at, sizeof record);
    error = apply(unpack, (char *)unpack->times.bytes + at + sizeof record, &record.mtime);
    at += sizeof record + record.length;
  }
  return error;
}
