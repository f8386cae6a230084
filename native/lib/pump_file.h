/* SPDX-License-Identifier: Apache-2.0
 *
 * A json-file log: the file that is written, those that rotation put away, and who still reads them. pump_file.c writes,
 * pump_rotate.c renames. Not for the rest of the pump.
 */
#ifndef TSK_PUMP_FILE_H
#define TSK_PUMP_FILE_H

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
/* Closes what followers have read, or all. */
void tsk_file_unpin(struct file_sink *file, uint64_t before);

#endif
