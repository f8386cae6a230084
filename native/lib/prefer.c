/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_prefer: the thread that answers has a processor as soon as it wants one, before all that is scheduled as usual,
 * as long as it answers. Once it wants a whole processor it is not answering but working, and is one of many until it rests.
 *
 * How much it takes is seen by a timer on its own processor time: while it is preferred, who takes none wakes nobody up.
 */
#include "lib/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/sys.h"

enum {
  STINT = 200 * 1000 * 1000, /* nanoseconds of its processor time, after which we look */
  STINTS = 4,                /* without a rest: a hundred starts at once are two or three, and answers */
  REST = 800 * 1000 * 1000,  /* nanoseconds between two looks at one that works */
};

static struct {
  atomic_bool given;
  pthread_mutex_t lock; /* of how they are scheduled */
  bool first;           /* real-time they are, at the moment */
  int32_t threads[1 + TSKER_PREFER_MAX_HELPERS]; /* the first is the one that answers */
  uint32_t count;
  int schedstat; /* its times, as the kernel keeps them */
  sem_t begun;
  int error;
} preferred = {.lock = PTHREAD_MUTEX_INITIALIZER, .schedstat = -1};

/* What a thread has wanted of a processor since it began, and had or waited for; and the time. In nanoseconds. */
struct look {
  uint64_t wanted, at;
};

/* Above the lowest priority there is: others that are real-time threads know better. */
enum { HELPER, ANSWERING, WATCHING };

static int schedule(int32_t thread, int policy, int above_lowest) {
  const struct sched_param parameter = {
      .sched_priority =
          (policy & ~SCHED_RESET_ON_FORK) == SCHED_OTHER ? 0 : sched_get_priority_min(SCHED_RR) + above_lowest,
  };
  return tsk_check(sched_setscheduler(thread, policy, &parameter));
}

static void schedule_as_usual(uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    schedule(preferred.threads[i], SCHED_OTHER | SCHED_RESET_ON_FORK, 0); /* never refused, but to one that has ended */
}

/* What they bring forth, processes and threads, is scheduled as usual: the kernel sees to that. */
static int schedule_first(void) {
  for (uint32_t i = 0; i < preferred.count; i++) {
    const int error = schedule(preferred.threads[i], SCHED_RR | SCHED_RESET_ON_FORK, i == 0 ? ANSWERING : HELPER);
    if (error < 0 && !(i > 0 && error == -ESRCH)) { /* a helper may have ended */
      schedule_as_usual(i);
      return error;
    }
  }
  return 0;
}

static int prefer(void) {
  int error;
  pthread_mutex_lock(&preferred.lock);
  error = schedule_first();
  preferred.first = error == 0;
  pthread_mutex_unlock(&preferred.lock);
  return error;
}

static void prefer_no_longer(void) {
  pthread_mutex_lock(&preferred.lock);
  schedule_as_usual(preferred.count);
  preferred.first = false;
  pthread_mutex_unlock(&preferred.lock);
}

bool tsk_lend_priority(void) {
  pthread_mutex_lock(&preferred.lock);
  if (preferred.first && preferred.threads[0] == (int32_t)syscall(SYS_gettid) && schedule(0, SCHED_RR, ANSWERING) == 0)
    return true;
  pthread_mutex_unlock(&preferred.lock);
  return false;
}

void tsk_keep_priority(void) {
  schedule(0, SCHED_RR | SCHED_RESET_ON_FORK, ANSWERING);
  pthread_mutex_unlock(&preferred.lock);
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

static struct look look(void) {
  char text[64] = "";
  unsigned long long had = 0, waited = 0;
  if (pread(preferred.schedstat, text, sizeof text - 1, 0) > 0)
    sscanf(text, "%llu %llu", &had, &waited);
  return (struct look){.wanted = had + waited, .at = tsk_now()};
}

/* Before the thread that it is to hold back, which could keep it from a processor otherwise. */
static int begin(int signal) {
  char path[64];
  int error = schedule(0, SCHED_RR | SCHED_RESET_ON_FORK, WATCHING);
  if (error == 0)
    error = prefer();
  if (error < 0)
    return error;
  /* A kernel that keeps no such times has no such file: nobody could be held back there, so nobody is preferred. */
  snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", preferred.threads[0]);
  preferred.schedstat = open(path, O_RDONLY | O_CLOEXEC);
  error = preferred.schedstat < 0 ? -errno : start_timer(clock_of(preferred.threads[0]), signal);
  if (error < 0)
    prefer_no_longer();
  return error;
}

/* From a tick to the next; how much of the time between it wanted a processor, in percent. */
static uint64_t share_of(struct look *last) {
  const struct look now = look();
  const uint64_t wanted = now.wanted - last->wanted, time = now.at - last->at;
  *last = now;
  return time == 0 ? 0 : wanted * 100 / time;
}

static void hold_back_until_it_rests(struct look *last) {
  const struct timespec rest = {.tv_nsec = REST};
  prefer_no_longer();
  do
    nanosleep(&rest, NULL);
  while (share_of(last) > 50 || prefer() < 0);
}

static void *watch(void *unused) {
  const int signal = SIGRTMAX;
  struct look last;
  sigset_t ticks;
  (void)unused;
  preferred.error = begin(signal);
  last = look();
  const bool failed = preferred.error < 0;
  int stints = 0;
  sem_post(&preferred.begun);
  sigemptyset(&ticks);
  sigaddset(&ticks, signal);
  while (!failed) {
    if (sigwaitinfo(&ticks, NULL) != signal)
      continue;
    stints = share_of(&last) > 88 ? stints + 1 : 0;
    if (stints < STINTS)
      continue;
    hold_back_until_it_rests(&last);
    stints = 0;
  }
  return NULL;
}

int32_t tsker_prefer(const uint8_t *helpers, uint32_t count) {
  int error;
  if (count > TSKER_PREFER_MAX_HELPERS || (helpers == NULL && count > 0))
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
