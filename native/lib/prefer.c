/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_prefer: the thread that answers has a processor as soon as it wants one, before all that is scheduled as usual,
 * as long as it answers. Once it takes a whole processor it is not answering but working, and is one of many until it rests.
 *
 * How much it takes is seen by a timer on its own processor time: who takes none wakes nobody up.
 */
#include "lib/internal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/sys.h"

enum {
  HELPERS_MAX = 16,
  STINT = 200 * 1000 * 1000, /* nanoseconds of its processor time, after which we look at the clock */
};

/* A stint that took hardly longer than itself, and one that took four times as long: between them all stays as it is. */
static const uint64_t WORKING = STINT / 8 * 9;
static const uint64_t RESTED = (uint64_t)STINT * 4;

static struct {
  atomic_bool given;
  int32_t threads[1 + HELPERS_MAX]; /* the first is the one that answers */
  uint32_t count;
  sem_t begun;
  int error;
} preferred;

/* What the threads bring forth, processes and threads, is scheduled as usual: the kernel sees to that. */
static int schedule(int32_t thread, int policy, int priority) {
  const struct sched_param parameter = {.sched_priority = priority};
  return tsk_check(sched_setscheduler(thread, policy | SCHED_RESET_ON_FORK, &parameter));
}

/* Of the lowest priorities there are: others that are real-time threads know better. */
static int schedule_all(bool first) {
  const int lowest = sched_get_priority_min(SCHED_RR);
  for (uint32_t i = 0; i < preferred.count; i++) {
    const int priority = i == 0 ? lowest + 1 : lowest;
    const int error = first ? schedule(preferred.threads[i], SCHED_RR, priority) : schedule(preferred.threads[i], SCHED_OTHER, 0);
    /* A helper may have ended. */
    if (error < 0 && !(i > 0 && error == -ESRCH))
      return error;
  }
  return 0;
}

/* The clock of another thread's processor time, as the kernel encodes it (include/linux/posix-timers.h). */
static clockid_t clock_of(int32_t thread) { return (clockid_t)(~(uint32_t)thread << 3 | 6u); }

/* A timer that signals the calling thread. By the kernel's interface: the C library's was elsewhere before 2.34. */
static int start_timer(clockid_t clock, int signal) {
  const struct itimerspec every = {.it_interval = {.tv_nsec = STINT}, .it_value = {.tv_nsec = STINT}};
  struct sigevent event;
  int timer;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
  if (syscall(SYS_timer_create, clock, &event, &timer) < 0 || syscall(SYS_timer_settime, timer, 0, &every, NULL) < 0)
    return -errno;
  return 0;
}

static int begin(int signal) {
  int error = schedule_all(true);
  if (error == 0)
    error = start_timer(clock_of(preferred.threads[0]), signal);
  if (error < 0)
    schedule_all(false); /* as it was: whether that is refused as well makes no difference */
  return error;
}

static void *watch(void *unused) {
  const int signal = SIGRTMAX;
  uint64_t last = tsk_now();
  bool first = true;
  sigset_t ticks;
  (void)unused;
  sigemptyset(&ticks);
  sigaddset(&ticks, signal);
  preferred.error = begin(signal);
  const bool failed = preferred.error < 0;
  sem_post(&preferred.begun);
  while (!failed) {
    uint64_t now, took;
    if (sigwaitinfo(&ticks, NULL) < 0)
      continue;
    now = tsk_now();
    took = now - last;
    last = now;
    if (first ? took < WORKING : took > RESTED) {
      first = !first;
      schedule_all(first);
    }
  }
  return NULL;
}

int32_t tsker_prefer(const uint8_t *helpers, uint32_t count) {
  int error;
  if (count > HELPERS_MAX || (helpers == NULL && count > 0))
    return -EINVAL;
  if (atomic_exchange(&preferred.given, true))
    return -EALREADY;
  preferred.threads[0] = (int32_t)syscall(SYS_gettid);
  memcpy(preferred.threads + 1, helpers, count * sizeof *preferred.threads);
  preferred.count = count + 1;
  if (sem_init(&preferred.begun, 0, 0) < 0)
    return -errno;
  error = tsk_thread("tsker-prefer", watch, NULL);
  if (error < 0)
    return error;
  while (sem_wait(&preferred.begun) < 0 && errno == EINTR)
    ;
  return preferred.error;
}
