/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_start: the event pipe, the sealed helper and the library's threads. The only file with process-wide state;
 * the other files keep what is theirs behind the functions of internal.h.
 */
#include "lib/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/sys.h"

enum { EVENT_PIPE_BYTES = 1 << 20, THREAD_STACK = 512 << 10, HELPER_MAX = 16 << 20 };

static struct {
  atomic_bool started;
  int event_fd; /* write end, blocking */
  int helper_fd;
  int pidns_fd;
} lib = {.event_fd = -1, .helper_fd = -1, .pidns_fd = -1};

int32_t tsker_abi(void) { return TSKER_ABI; }

int tsk_helper_fd(void) { return lib.helper_fd; }

int tsk_own_pidns(void) { return lib.pidns_fd; }

uint64_t tsk_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void tsk_emit(const struct tsker_event *event) {
  ssize_t written;
  do {
    written = write(lib.event_fd, event, sizeof *event);
  } while (written < 0 && errno == EINTR);
  /* EPIPE: the reader has gone, and with it everyone who would want the event. */
}

struct thread_start {
  const char *name; /* a literal */
  void *(*run)(void *);
  void *arg;
};

/* The thread names itself: a detached one may be gone before its maker could. */
static void *begin_thread(void *allocated) {
  const struct thread_start start = *(struct thread_start *)allocated;
  free(allocated);
  prctl(PR_SET_NAME, start.name);
  return start.run(start.arg);
}

int32_t tsk_thread(const char *name, void *(*run)(void *), void *arg) {
  struct thread_start *start;
  sigset_t all, old;
  pthread_attr_t attributes;
  pthread_t thread;
  int error;

  if ((error = pthread_attr_init(&attributes)) != 0)
    return -error;
  start = malloc(sizeof *start);
  if (start == NULL) {
    pthread_attr_destroy(&attributes);
    return -ENOMEM;
  }
  *start = (struct thread_start){.name = name, .run = run, .arg = arg};
  pthread_attr_setstacksize(&attributes, THREAD_STACK);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  error = pthread_create(&thread, &attributes, begin_thread, start);
  if (error != 0)
    free(start);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attributes);
  return -error;
}

/* The helper lives in memory and sealed, so that no container reaches a file of the host through /proc/self/exe. */
static int seal_helper(const uint8_t *helper, uint32_t size) {
  if (helper == NULL || size == 0 || size > HELPER_MAX)
    return -EINVAL;
  return tsk_sealed_memfd("tsker-init", helper, size, true);
}

static int open_event_pipe(int *read_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0)
    return -errno;
  fcntl(ends[1], F_SETPIPE_SZ, EVENT_PIPE_BYTES); /* refused above pipe-max-size: a smaller pipe only blocks earlier */
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  lib.event_fd = ends[1];
  *read_end = ends[0];
  return 0;
}

static int start_parts(const uint8_t *helper, uint32_t size, uint32_t workers, int *read_end) {
  int error;
  if ((error = lib.helper_fd = seal_helper(helper, size)) < 0)
    return error;
  if ((lib.pidns_fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)) < 0)
    return -errno;
  if ((error = open_event_pipe(read_end)) < 0 || (error = tsk_monitor_init()) < 0)
    return error;
  if (tsk_pump_init != NULL && (error = tsk_pump_init()) < 0)
    return error;
  return tsk_job_init(workers);
}

int32_t tsker_start(const uint8_t *helper, uint32_t helper_size, uint32_t workers) {
  int read_end = -1;
  int error;
  if (workers == 0 || workers > 64)
    return -EINVAL;
  if (atomic_exchange(&lib.started, true))
    return -EALREADY;
  error = start_parts(helper, helper_size, workers, &read_end);
  if (error < 0) {
    /* Threads that did start stay parked on their empty queues; a daemon that cannot start its library exits. */
    if (read_end >= 0)
      close(read_end);
    return error;
  }
  return read_end;
}
