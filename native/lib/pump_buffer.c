/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffers of records, between the pump thread that fills them and the writers that empty them. A few large ones go round.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/pump_sink.h"

enum {
  BUFFER = 1 << 20, /* what a chunk is encoded into */
  SPARE_MAX = 4,    /* kept for the next chunk */
};

static struct {
  pthread_mutex_t lock;
  struct sink_buffer *list;
  unsigned count;
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct sink_buffer *tsk_buffer_new(size_t capacity) {
  struct sink_buffer *buffer = malloc(sizeof *buffer + capacity);
  if (buffer != NULL) {
    *buffer = (struct sink_buffer){.capacity = capacity, .swap = -1};
  }
  return buffer;
}

struct sink_buffer *tsk_buffer_take(size_t capacity) {
  struct sink_buffer *buffer = NULL;
  if (capacity > BUFFER)
    return tsk_buffer_new(capacity);
  pthread_mutex_lock(&spare.lock);
  if (spare.list != NULL) {
    buffer = spare.list;
    spare.list = buffer->next;
    spare.count--;
  }
  pthread_mutex_unlock(&spare.lock);
  if (buffer == NULL)
    return tsk_buffer_new(BUFFER);
  *buffer = (struct sink_buffer){.capacity = buffer->capacity, .swap = -1};
  return buffer;
}

void tsk_buffer_recycle(struct sink_buffer *buffer) {
  if (buffer->swap >= 0)
    close(buffer->swap);
  if (buffer->capacity == BUFFER) {
    pthread_mutex_lock(&spare.lock);
    if (spare.count < SPARE_MAX) {
      buffer->next = spare.list;
      spare.list = buffer;
      spare.count++;
      buffer = NULL;
    }
    pthread_mutex_unlock(&spare.lock);
  }
  free(buffer);
}

void tsk_buffer_trim(void) {
  pthread_mutex_lock(&spare.lock);
  while (spare.list != NULL) {
    struct sink_buffer *buffer = spare.list;
    spare.list = buffer->next;
    free(buffer);
  }
  spare.count = 0;
  pthread_mutex_unlock(&spare.lock);
}
