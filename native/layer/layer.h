/* SPDX-License-Identifier: Apache-2.0
 *
 * Applying a layer's tar to a directory, as a plain synchronous function over descriptors; extract_job.c makes it a job.
 * The two other things of this folder are operations of host plans: COPYTREE (copy.c) and SCAN (scan.c).
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
  int record;                       /* an empty file for the recording (record.h), or -1; stays the caller's */
  int cancel_fd;                    /* readable when the work is to stop, or -1 */
  bool (*cancelled)(void *context); /* the same, cheaply; may be NULL. Called from several threads */
  void *context;
};

/* Returns result->error: 0 or a negative errno. The calling thread writes the files; it is given a umask and working
 * directory of its own (unshare(CLONE_FS)), which it keeps, so call it from a worker and not from the event loop. */
int tsk_extract(const struct tsk_extract_request *request, struct tsker_extract_result *result);

#endif
