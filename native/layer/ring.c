/* SPDX-License-Identifier: Apache-2.0
 *
 * See ring.h. One lock: with buffers of 256 KB it is taken a few thousand times for a layer.
 */
#include "layer/ring.h"

#include <errno.h>
#include <sys/mman.h>

int tsk_ring_open(struct tsk_ring *ring, unsigned consumers) {
  *ring = (struct tsk_ring){.consumers = consumers};
  /* Mapped, not malloc'ed: pages that a small layer does not reach are never touched, and all go back at once. */
  void *memory = mmap(NULL, (size_t)TSK_RING_SLOTS * TSK_RING_SLOT_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  ring->memory = memory;
  pthread_mutex_init(&ring->lock, NULL);
  pthread_cond_init(&ring->changed, NULL);
  return 0;
}

void tsk_ring_close(struct tsk_ring *ring) {
  if (ring->memory == NULL) return;
  munmap(ring->memory, (size_t)TSK_RING_SLOTS * TSK_RING_SLOT_SIZE);
  ring->memory = NULL;
  pthread_mutex_destroy(&ring->lock);
  pthread_cond_destroy(&ring->changed);
}

static uint64_t slowest(const struct tsk_ring *ring) {
  uint64_t least = ring->consumed[0];
  for (unsigned i = 1; i < ring->consumers; i++)
    if (ring->consumed[i] < least) least = ring->consumed[i];
  return least;
}

static uint8_t *slot(const struct tsk_ring *ring, uint64_t number) {
  return ring->memory + (size_t)(number % TSK_RING_SLOTS) * TSK_RING_SLOT_SIZE;
}

uint8_t *tsk_ring_reserve(struct tsk_ring *ring) {
  pthread_mutex_lock(&ring->lock);
  while (!ring->stopped && ring->produced - slowest(ring) == TSK_RING_SLOTS)
    pthread_cond_wait(&ring->changed, &ring->lock);
  uint8_t *free_slot = ring->stopped ? NULL : slot(ring, ring->produced);
  pthread_mutex_unlock(&ring->lock);
  return free_slot;
}

void tsk_ring_publish(struct tsk_ring *ring, size_t length) {
  if (length == 0) return;
  pthread_mutex_lock(&ring->lock);
  ring->length[ring->produced % TSK_RING_SLOTS] = length;
  ring->produced++;
  pthread_cond_broadcast(&ring->changed);
  pthread_mutex_unlock(&ring->lock);
}

void tsk_ring_end(struct tsk_ring *ring) {
  pthread_mutex_lock(&ring->lock);
  ring->ended = true;
  pthread_cond_broadcast(&ring->changed);
  pthread_mutex_unlock(&ring->lock);
}

ssize_t tsk_ring_peek(struct tsk_ring *ring, unsigned consumer, const uint8_t **data) {
  ssize_t result;
  pthread_mutex_lock(&ring->lock);
  while (!ring->stopped && !ring->ended && ring->consumed[consumer] == ring->produced)
    pthread_cond_wait(&ring->changed, &ring->lock);
  uint64_t next = ring->consumed[consumer];
  if (ring->stopped) {
    result = -ECANCELED;
  } else if (next == ring->produced) {
    result = 0;
  } else {
    *data = slot(ring, next);
    result = (ssize_t)ring->length[next % TSK_RING_SLOTS];
  }
  pthread_mutex_unlock(&ring->lock);
  return result;
}

void tsk_ring_release(struct tsk_ring *ring, unsigned consumer) {
  pthread_mutex_lock(&ring->lock);
  ring->consumed[consumer]++;
  pthread_cond_broadcast(&ring->changed);
  pthread_mutex_unlock(&ring->lock);
}

void tsk_ring_stop(struct tsk_ring *ring) {
  if (ring->memory == NULL) return;
  pthread_mutex_lock(&ring->lock);
  ring->stopped = true;
  pthread_cond_broadcast(&ring->changed);
  pthread_mutex_unlock(&ring->lock);
}
