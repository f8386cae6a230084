/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the parts of the placer; nothing else includes it.
 */
#ifndef TSK_LAYER_PLACE_INTERNAL_H
#define TSK_LAYER_PLACE_INTERNAL_H

#include <pthread.h>

#include "layer/archive.h"
#include "layer/fault.h"
#include "layer/inflate.h"
#include "layer/passage.h"
#include "layer/ring.h"
#include "layer/tar.h"
#include "layer/unpack_internal.h"

/* ---- place_feed.c: the stream, decompressed ---- */

struct place_feed {
  struct tsk_source source; /* what the tar reader reads */
  int fd;
  const struct tsk_cancel *cancel;
  struct tsk_fault *fault;
  uint8_t *buffer;
  size_t head; /* bytes in it that decided on the compression, not yet handed out */
  struct tsk_passage passage; /* when it is a pipe */
  /* Only of a compressed stream: two threads, reader and inflater, with a ring before and one behind the latter. */
  enum tsk_compression compression;
  struct tsk_ring packed, plain;
  pthread_t reader, inflater;
  unsigned threads;
  bool holding;
  struct tsk_fault reader_fault, inflater_fault;
  int wake; /* eventfd: readable when the reader is to stop */
};

/* 0, or a negative errno with the fault filled. Close it in either case. */
int place_feed_open(struct place_feed *feed, const struct tsk_place_request *request, struct tsk_fault *fault);
/* Reads on to the end: who writes the stream shall not find it broken. */
int place_feed_drain(struct place_feed *feed);
void place_feed_close(struct place_feed *feed);

/* ---- place.c, place_directory.c, place_create.c ---- */

#define PLACE_RETRIES 128 /* of what somebody in the container disturbs */

struct placing {
  const struct tsk_place_request *request;
  /* The layer unpacker's own: where directories are looked up, the times that wait for the end, totals. Its `path` is the
   * whole one, from the root. */
  struct tsk_unpack unpack;
  char base[TSK_TAR_PATH_MAX]; /* the directory that was asked for, clean */
  char link[TSK_TAR_PATH_MAX]; /* where a hard link leads, from the root */
};

/* The directory at a clean path: NULL and errno. Renames going on elsewhere are waited out. */
struct tsk_directory *place_directory(struct placing *placing, const char *path);
/* The same, made where it is missing, as the container's root user's. */
struct tsk_directory *place_make_directory(struct placing *placing, const char *path);

/* Makes the entry's object. -EEXIST, with no fault filled, when something is in its way. */
int place_create(struct placing *placing, struct place place, struct tsk_tar *tar, const struct tsk_tar_entry *entry,
                 struct tsk_fault *fault);

#endif
