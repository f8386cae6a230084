/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the parts of the unpacker; nothing else includes it.
 */
#ifndef TSK_LAYER_UNPACK_INTERNAL_H
#define TSK_LAYER_UNPACK_INTERNAL_H

#include <stdbool.h>

#include "layer/path.h"
#include "layer/pathset.h"
#include "layer/target.h"
#include "layer/unpack.h"

/* Directories whose times wait for the end, packed one after the other. */
struct times {
  uint8_t *bytes;
  size_t size, capacity;
};

struct tsk_unpack {
  struct tsk_target target;
  uint32_t flags;
  struct tsk_record *record; /* NULL: none is made */
  struct tsk_pathset written; /* only for TSKER_EXTRACT_APPLY */
  struct times times;
  struct tsk_unpack_totals totals;
  char path[TSK_TAR_PATH_MAX]; /* of the entry, clean and split */
  char link[TSK_TAR_PATH_MAX];
};

/* Where an entry goes. */
struct place {
  int directory;
  const char *name;
};

/* Fills `fault` (stage WRITE) with "name: what: reason" and returns `error`. */
int unpack_failed(const struct tsk_tar_entry *entry, struct tsk_fault *fault, int error, const char *what);

/* unpack_create.c: makes the entry's object with all its metadata. -EEXIST, with no fault filled, when something is in
 * its way. */
int unpack_create(struct tsk_unpack *unpack, struct place place, struct tsk_tar *tar, const struct tsk_tar_entry *entry,
                  struct tsk_fault *fault);

/* unpack_metadata.c */
int unpack_file_metadata(int fd, const struct tsk_tar_entry *entry, struct tsk_fault *fault);
int unpack_place_metadata(struct place place, const struct tsk_tar_entry *entry, struct tsk_fault *fault);
/* Sets an xattr by way of /proc, where a descriptor that can only be O_PATH is no obstacle. */
int unpack_set_xattr(struct place place, const char *name, const void *value, size_t size);

/* unpack_whiteout.c. `name` is what the whiteout hides. */
int unpack_whiteout(struct tsk_unpack *unpack, const char *directory, const char *name,
                    const struct tsk_tar_entry *entry, struct tsk_fault *fault);
int unpack_opaque(struct tsk_unpack *unpack, const char *directory, const struct tsk_tar_entry *entry,
                  struct tsk_fault *fault);
int unpack_make_opaque(struct place place);
bool unpack_is_whiteout(struct place place);

/* unpack_times.c */
int unpack_times_add(struct times *times, const char *path, const struct timespec *mtime);
int unpack_times_apply(struct tsk_unpack *unpack);

#endif
