/* SPDX-License-Identifier: Apache-2.0
 *
 * Writer threads: they take records to disks and sockets, so that the pump thread never waits for either. One is enough
 * while disks are quick. A thread that is stuck (a disk that hangs, a peer that reads nothing) gets company as soon as
 * other work has waited for it, so that there is in the end one thread for each sink that stalls.
 */
#include <errno.h>

#include "lib/pump_sink.h"
#include "lib/internal.h"

enum {
  PATIENCE = 20,     /* milliseconds that work may wait for a thread */
  IDLE_SECONDS = 10, /* then a thread that is not the last one ends */
  THREADS_MAX = 1024,
};

static struct {
  pthread_mutex_t lock;
  pthread_cond_t ready;
  struct tsk_work *head;
  struct tsk_work **tail;
  unsigned threads;
  unsigned idle;
  uint64_t since; /* when work began to wait: the list has not been touched by a thread after that */
} writers = {.lock = PTHREAD_MUTEX_INITIALIZER, .ready = PTHREAD_COND_INITIALIZER, .tail = &writers.head};

static struct tsk_work *take(void) {
  struct tsk_work *work = writers.head;
  if (work == NULL)
    return NULL;
  writers.head = work->next;
  if (writers.head == NULL)
    writers.tail = &writers.head;
  writers.since = tsk_now();
  return work;
}

/* False when none came in a long time. */
static bool wait_for_work(void) {
  struct timespec until;
  int error = 0;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += IDLE_SECONDS;
  writers.idle++;
  while (writers.head == NULL && error == 0)
    error = pthread_cond_timedwait(&writers.ready, &writers.lock, &until);
  writers.idle--;
  return writers.head != NULL;
}

static void *run(void *unused) {
  (void)unused;
  pthread_mutex_lock(&writers.lock);
  for (;;) {
    struct tsk_work *work = take();
    if (work != NULL) {
      pthread_mutex_unlock(&writers.lock);
      work->run(work);
      pthread_mutex_lock(&writers.lock);
    } else if (!wait_for_work()) {
      if (writers.threads > 1)
        break;
      tsk_buffer_trim();
    }
  }
  writers.threads--;
  pthread_mutex_unlock(&writers.lock);
  return NULL;
}

/* Under the lock. Without a thread for it work waits for those there are; the first is tried for again by the next. */
static void add_thread(void) {
  if (writers.threads >= THREADS_MAX)
    return;
  writers.threads++;
  if (tsk_thread("tsker-writer", run, NULL) < 0)
    writers.threads--;
  writers.since = tsk_now();
}

void tsk_writer_submit(struct tsk_work *work) {
  work->next = NULL;
  pthread_mutex_lock(&writers.lock);
  if (writers.head == NULL)
    writers.since = tsk_now();
  *writers.tail = work;
  writers.tail = &work->next;
  if (writers.threads == 0)
    add_thread();
  else if (writers.idle > 0)
    pthread_cond_signal(&writers.ready);
  pthread_mutex_unlock(&writers.lock);
}

int tsk_writer_timeout(void) {
  bool waiting;
  pthread_mutex_lock(&writers.lock);
  waiting = writers.head != NULL;
  pthread_mutex_unlock(&writers.lock);
  return waiting ? PATIENCE : -1;
}

void tsk_writer_relieve(void) {
  pthread_mutex_lock(&writers.lock);
  if (writers.head != NULL && writers.idle == 0 && tsk_now() - writers.since > PATIENCE * 1000000ull)
    add_thread();
  pthread_mutex_unlock(&writers.lock);
}
