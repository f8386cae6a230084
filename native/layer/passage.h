/* SPDX-License-Identifier: Apache-2.0
 *
 * A pipe of one's own between a file and a pipe that is shared. The kernel holds a pipe's lock for as long as it moves a
 * file's data from it or into it, and whoever is at the pipe's other end waits with it, non-blocking or not: with the event
 * loop there a slow disk would stop the daemon. Between two pipes only pages change hands.
 */
#ifndef TSK_LAYER_PASSAGE_H
#define TSK_LAYER_PASSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tsk_passage {
  int ends[2]; /* -1: not open */
  size_t held; /* bytes in it */
};

#define TSK_PASSAGE_CLOSED ((struct tsk_passage){.ends = {-1, -1}})

/* As wide as the pipe `like`; 0 or a negative errno. */
int tsk_passage_open(struct tsk_passage *passage, int like);
void tsk_passage_close(struct tsk_passage *passage);

/* Each returns bytes, or -1 with errno; EAGAIN when the pipe it takes from is empty, or the one it gives to is full. */
ssize_t tsk_passage_take(struct tsk_passage *passage, int fd, off_t *offset, size_t size);
/* `size` bytes of what is held at most; a pipe has no offset. */
ssize_t tsk_passage_give(struct tsk_passage *passage, int fd, off_t *offset, size_t size);
/* The same, into memory. */
ssize_t tsk_passage_read(struct tsk_passage *passage, uint8_t *out, size_t size);

#endif
