/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the entries of a layer's tar into a directory: files with all their metadata, whiteouts in the form asked for.
 */
#ifndef TSK_LAYER_UNPACK_H
#define TSK_LAYER_UNPACK_H

#include <stdint.h>

#include "layer/fault.h"
#include "layer/record.h"
#include "layer/tar.h"

struct tsk_unpack_totals {
  uint64_t entries;
  uint64_t size; /* of regular files */
};

struct tsk_unpack;

/* `root` stays the caller's; `flags` as of tsker_job_extract. Needs a umask of 0. NULL with `fault` filled on failure. */
struct tsk_unpack *tsk_unpack_open(int root, uint32_t flags, struct tsk_fault *fault);
/* From here on it is recorded where the content of files goes; `record` may be NULL and must outlive the unpacking. */
void tsk_unpack_record(struct tsk_unpack *unpack, struct tsk_record *record);
/* Writes one entry, reading its data from `tar`. 0 or a negative errno: with `fault` filled, or of the tar's source. */
int tsk_unpack_entry(struct tsk_unpack *unpack, struct tsk_tar *tar, struct tsk_tar_entry *entry, struct tsk_fault *fault);
/* Once after the last entry: the times of directories, which writing into them has changed. */
int tsk_unpack_finish(struct tsk_unpack *unpack, struct tsk_unpack_totals *totals, struct tsk_fault *fault);
void tsk_unpack_close(struct tsk_unpack *unpack);

#endif
