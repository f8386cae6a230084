/* SPDX-License-Identifier: Apache-2.0
 *
 * What the rest of the native library calls of the layer code: apply a tar to a directory, copy a tree, list a tree.
 * Plain synchronous functions over descriptors; jobs and events are native/lib's.
 */
#ifndef TSK_LAYER_H
#define TSK_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "tsker.h"

struct tsk_extract_request {
  int fd;         /* the stream; stays the caller's. Blocking or not, file, pipe or socket */
  int target;     /* an existing directory (O_PATH is enough); stays the caller's */
  uint32_t flags; /* TSKER_EXTRACT_OVERLAY or TSKER_EXTRACT_APPLY, not both */
  int cancel_fd;                    /* readable when the work is to stop, or -1 */
  bool (*cancelled)(void *context); /* the same, cheaply; may be NULL. Called from several threads */
  void *context;
};

/* Returns result->error: 0 or a negative errno. The calling thread writes the files; it is given a umask and working
 * directory of its own (unshare(CLONE_FS)), which it keeps, so call it from a worker and not from the event loop. */
int tsk_extract(const struct tsk_extract_request *request, struct tsker_extract_result *result);

/* Copies the tree `from` to the existing, empty directory `to` with hard links, xattrs, owners, modes, times, devices
 * and holes; data is shared with the original where the file system can (FICLONE). 0 or a negative errno. */
int tsk_copy_tree(const char *from, const char *to);

/* Writes one record for every name below `path` to `fd`, directories before what they hold, in no other order:
 *   struct tsk_scan_record, the path relative to `path` (no leading slash), padded with zeros to 8 bytes.
 * Follows no link and enters no other file system. 0 or a negative errno. */
int tsk_scan_tree(const char *path, int fd);

#define TSK_SCAN_OPAQUE 1u /* a directory with trusted.overlay.opaque=y */

struct tsk_scan_record {
  uint32_t size; /* of the record, path and padding included */
  uint32_t flags;
  uint32_t mode;
  uint32_t links;
  uint32_t uid;
  uint32_t gid;
  uint64_t inode;
  uint64_t device; /* st_rdev */
  uint64_t bytes;
  int64_t seconds; /* mtime */
  uint32_t nanoseconds;
  uint32_t path_size;
  uint64_t xattrs;  /* FNV-1a over the sorted names and values but overlay's own, 0 when there are none */
  uint64_t content; /* FNV-1a of a link's content, 0 for everything else */
};

#endif
