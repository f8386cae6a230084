/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutexes with priority inheritance. Without it a thread that holds one and has no processor keeps the preferred thread
 * waiting for its turn among all that is scheduled as usual: 10 milliseconds and more on a busy machine.
 */
#include "lib/internal.h"

void tsk_lock_init(pthread_mutex_t *lock) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  if (pthread_mutex_init(lock, &attributes) != 0) /* a kernel without it */
    pthread_mutex_init(lock, NULL);
  pthread_mutexattr_destroy(&attributes);
}
