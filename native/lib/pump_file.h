/* SPDX-License-Identifier: Apache-2.0
 *
 * A json-file log: the file that is written, those that rotation put away, and who still reads them. pump_file.c writes,
 * pump_rotate.c renames, pump_read.c opens. Not for the rest of the pump.
 */
#ifndef TSK_PUMP_FILE_H
#define TSK_PUMP_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "lib/pump_sink.h"

/* A file that rotation has put away, open until all followers have read it. */
struct file_pin {
  struct file_pin *next; /* newer */
  uint64_t generation;
  uint64_t size;
  int fd;
};

struct file_sink {
  struct tsk_sink sink;
  char *attributes; /* of every record: a JSON object, or "" */
  struct tsk_json_tail tail; /* the pump thread's */

  /* Set once. */
  char *path; /* NULL: a descriptor of the caller's, which never rotates */
  uint64_t max_size; /* 0: never rotates */
  uint32_t max_files;
  bool compress;

  /* The writer's; others look under `names`. */
  int fd;
  uint64_t size;
  uint64_t full_at; /* the size at which the next line goes to another file */

  pthread_mutex_t names; /* held while files are renamed, or opened by the names they have now */
  pthread_cond_t compressed;
  bool compressing;
  struct tsk_work compression;
  struct timespec put_away; /* time of the last record of the file that was put away */
  uint64_t generation;      /* counts the files; of the one that is written */
  uint64_t pin_from;        /* 0: nobody follows */
  struct file_pin *pins;    /* oldest first */
  uint64_t pinned;          /* bytes in them */
};

/* Puts the file away and goes on with an empty one. When that fails the file just grows. Writer thread. */
void tsk_file_rotate(struct file_sink *file, const struct timespec *last);
/* The name that the file put away as the index-th has now: log, log.1, log.1.gz with the extension. */
void tsk_file_name(char out[PATH_MAX], const struct file_sink *file, uint64_t index, const char *extension);

/* ---- pins; under `names` ---- */

/* Whether somebody follows who has not read that generation. */
bool tsk_file_is_pinned(const struct file_sink *file, uint64_t generation);
/* Keeps the descriptor; false without memory for that. Above the limit the oldest are let go. */
bool tsk_file_pin(struct file_sink *file, uint64_t generation, uint64_t size, int fd);
/* Closes what is older. */
void tsk_file_unpin(struct file_sink *file, uint64_t before);

#endif
