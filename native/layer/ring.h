/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded ring of buffers between one producing thread and one or two consuming threads. Every consumer sees every
 * buffer; a slot is free again when all have released it.
 */
#ifndef TSK_LAYER_RING_H
#define TSK_LAYER_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TSK_RING_SLOTS 8
#define TSK_RING_SLOT_SIZE (256u << 10)
#define TSK_RING_CONSUMERS 2

struct tsk_ring {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint8_t *memory;
  size_t length[TSK_RING_SLOTS];
  uint64_t produced;
  uint64_t consumed[TSK_RING_CONSUMERS];
  unsigned consumers;
  bool ended;
  bool stopped;
};

int tsk_ring_open(struct tsk_ring *ring, unsigned consumers);
void tsk_ring_close(struct tsk_ring *ring);
/* Producer: waits for a free slot of TSK_RING_SLOT_SIZE bytes; NULL when the ring was stopped. */
uint8_t *tsk_ring_reserve(struct tsk_ring *ring);
void tsk_ring_publish(struct tsk_ring *ring, size_t length);
void tsk_ring_end(struct tsk_ring *ring);
/* Consumer: waits for the next buffer. Its length, 0 at the end, -ECANCELED when the ring was stopped. */
ssize_t tsk_ring_peek(struct tsk_ring *ring, unsigned consumer, const uint8_t **data);
void tsk_ring_release(struct tsk_ring *ring, unsigned consumer);
/* Anyone: wakes all and makes every later call fail. */
void tsk_ring_stop(struct tsk_ring *ring);

#endif
