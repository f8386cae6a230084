/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees as tar, out of a root (pack*.c) and into one (place*.c), as plain synchronous functions over descriptors;
 * archive_job.c makes them jobs. Applying layers is layer.h's.
 */
#ifndef TSK_LAYER_ARCHIVE_H
#define TSK_LAYER_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tsker.h"

/* How work is told to stop. */
struct tsk_cancel {
  int fd;                        /* readable when it is to stop, or -1 */
  bool (*asked)(void *context); /* the same, cheaply; may be NULL. Called from several threads */
  void *context;
};

static inline bool tsk_cancel_asked(const struct tsk_cancel *cancel) {
  return cancel->asked != NULL && cancel->asked(cancel->context);
}

/* The id maps of a user namespace. */
struct tsk_ids {
  const struct tsker_id_range *ranges;
  size_t count;
};

#define TSK_ID_NOBODY 65534u /* what the kernel shows for an id that has no mapping */

/* As the container knows an id of the file system; TSK_ID_NOBODY when it does not. */
uint32_t tsk_id_inside(const struct tsk_ids *ids, uint32_t kind, uint32_t outside);
/* The id of the file system for one of the container's; false when it has none. */
bool tsk_id_outside(const struct tsk_ids *ids, uint32_t kind, uint32_t inside, uint32_t *outside);

struct tsk_pack_request {
  int root;
  const char *path;
  const char *name;
  const uint8_t *list; /* as of tsker_job_pack_list, checked; NULL: the whole tree */
  size_t list_size;
  int out; /* stays the caller's; as of tsker_job_pack */
  uint32_t flags;
  struct tsk_ids ids;
  struct tsk_cancel cancel;
};

/* False for a list that is malformed. */
bool tsk_pack_list_holds(const uint8_t *list, size_t size);

/* Returns result->error. Reads files in the calling thread, which takes a while. */
int tsk_pack(const struct tsk_pack_request *request, struct tsker_pack_result *result);

struct tsk_place_request {
  int root;
  const char *path;
  int fd; /* stays the caller's */
  uint32_t flags;
  uint32_t uid, gid;
  struct tsk_ids ids;
  struct tsk_cancel cancel;
};

/* Returns result->error. Writes files in the calling thread, which needs a umask of 0. */
int tsk_place(const struct tsk_place_request *request, struct tsker_place_result *result);

#endif
