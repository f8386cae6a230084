/* SPDX-License-Identifier: Apache-2.0
 *
 * The pump thread. It is started once, lives as long as the daemon, and is the only one that touches sources, tees and
 * logs; other threads leave their wishes in a pump's inbox (pump_wish.c). Each round gives every readable source one turn
 * (pump_source.c), so that a container that floods its output does not starve the others.
 */
#include <errno.h>
#include <stdlib.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/pump.h"

enum { ROUND = 64 };

/* When to let pipes fill (nap_length): reads in a row that hardly had to be waited for, nanoseconds, bytes. */
enum { HASTE = 16, WAITED = 200000, NAP_STEP = 50000, NAP_MAX = 1000000, LITTLE = 16 << 10, MUCH = 40 << 10 };

static void wake_ready(struct pump_watch *watch, uint32_t events);

/* Only the thread uses `finished` and `round`. */
static struct {
  int epoll_fd;
  int wake_fd;
  struct pump_watch wake;
  struct pump *finished;
  struct {
    size_t most;    /* what one turn read at most */
    bool attended;  /* a client is attached to what was read */
    unsigned haste; /* rounds without a rest between them */
    uint64_t nap;
  } round;
} loop = {.epoll_fd = -1, .wake_fd = -1, .wake = {wake_ready}};

int32_t tsk_pump_poll(int operation, int fd, uint32_t events, struct pump_watch *watch) {
  struct epoll_event event = {.events = events, .data.ptr = watch};
  return epoll_ctl(loop.epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

void tsk_pump_wake(void) { eventfd_write(loop.wake_fd, 1); }

static bool is_open(const struct pump *pump) { return pump->sources[0].fd >= 0 || pump->sources[1].fd >= 0; }

static void close_inbox(struct pump_inbox *inbox) {
  if (inbox->log >= 0)
    close(inbox->log);
  for (int i = 0; i < PUMP_SINKS && inbox->sinks[i] != NULL; i++) {
    tsk_sink_detach(inbox->sinks[i], NULL, NULL);
    tsk_sink_release(inbox->sinks[i]);
  }
  while (inbox->tees != NULL) {
    struct pump_tee *tee = inbox->tees;
    inbox->tees = tee->next;
    close(tee->fd);
    free(tee);
  }
}

/* Sinks know it no more, so that none can ask for its attention. A remote sink tells its losses itself. */
static void detach_sinks(struct pump *pump, struct tsker_event *event) {
  for (int i = 0; i < PUMP_SINKS && pump->sinks[i] != NULL; i++) {
    uint32_t lost;
    int32_t error;
    if (pump->sinks[i]->type == &tsk_file_type) {
      tsk_sink_detach(pump->sinks[i], &lost, &error);
      event->a = lost > INT32_MAX ? INT32_MAX : (int32_t)lost;
      event->b = error;
    } else {
      tsk_sink_detach(pump->sinks[i], NULL, NULL);
    }
  }
}

/* The end: nothing left to read, every tee has all of it, and so has the log. */
static void finish(struct pump *pump) {
  struct tsker_event event = {.id = pump->id, .type = TSKER_EV_STREAM};
  struct pump_inbox rest;

  detach_sinks(pump, &event);
  tsk_pump_forget(pump, &rest);
  for (int i = 0; i < PUMP_SINKS && pump->sinks[i] != NULL; i++)
    tsk_sink_release(pump->sinks[i]);
  close_inbox(&rest);
  tsk_pump_tees_close(pump);
  pump->finished = true;
  pump->next = loop.finished;
  loop.finished = pump;
  event.ns = tsk_now();
  tsk_emit(&event);
}

/* A log, whose readers expect all of it when the output has ended. A remote sink goes on alone. */
bool tsk_pump_is_log_busy(const struct pump *pump) {
  for (int i = 0; i < PUMP_SINKS && pump->sinks[i] != NULL; i++)
    if (pump->sinks[i]->type == &tsk_file_type && tsk_sink_busy(pump->sinks[i]))
      return true;
  return false;
}

void tsk_pump_finish_if_done(struct pump *pump) {
  if (!pump->finished && !pump->parked && !is_open(pump) && !tsk_pump_tees_full(pump) && !tsk_pump_is_log_busy(pump))
    finish(pump);
}

static void wake_ready(struct pump_watch *watch, uint32_t events) {
  eventfd_t count;
  (void)watch;
  (void)events;
  eventfd_read(loop.wake_fd, &count);
  tsk_pump_apply_wishes();
}

/* Only now: the events of a round may point at what ended earlier in it. */
static void bury(void) {
  tsk_pump_tees_bury();
  while (loop.finished != NULL) {
    struct pump *pump = loop.finished;
    loop.finished = pump->next;
    free(pump);
  }
}

/*
 * Programs that write without end, a few KiB at a time: who reads each of them at once wakes for every write, and takes the
 * processor away from the writer. A rest in which the pipes fill, but not up, has all of them go on; nobody watches (a client
 * that is attached may be answering what it reads), and a line is in its log a millisecond later at most.
 */
static uint64_t nap_length(uint64_t waited) {
  if (waited > WAITED || loop.round.attended || loop.round.most == 0) {
    loop.round.haste = 0;
    return loop.round.nap = 0;
  }
  if (loop.round.haste < HASTE)
    loop.round.haste++;
  else if (loop.round.most < LITTLE && loop.round.nap < NAP_MAX)
    loop.round.nap += NAP_STEP;
  else if (loop.round.most > MUCH)
    loop.round.nap /= 2;
  return loop.round.nap;
}

void tsk_pump_took(const struct pump *pump, size_t size) {
  if (size > loop.round.most)
    loop.round.most = size;
  loop.round.attended = loop.round.attended || pump->tees != NULL;
}

/* Wishes of other threads end it. */
static void rest(uint64_t waited) {
  const struct timespec time = {.tv_nsec = (long)nap_length(waited)};
  struct pollfd wake = {.fd = loop.wake_fd, .events = POLLIN};
  if (time.tv_nsec > 0)
    ppoll(&wake, 1, &time, NULL);
  loop.round.most = 0;
  loop.round.attended = false;
}

static void *run(void *unused) {
  struct epoll_event events[ROUND];
  (void)unused;
  prctl(PR_SET_TIMERSLACK, 1);
  for (;;) {
    const uint64_t begin = tsk_now();
    int count = epoll_wait(loop.epoll_fd, events, ROUND, tsk_writer_timeout());
    const uint64_t waited = tsk_now() - begin;
    tsk_writer_relieve();
    tsk_pump_apply_wishes(); /* before the sources: who rotated or attached and then made the program write sees it there */
    for (int i = 0; i < count; i++) {
      struct pump_watch *watch = events[i].data.ptr;
      watch->ready(watch, events[i].events);
    }
    bury();
    rest(waited);
  }
  return NULL;
}

int32_t tsk_pump_loop_start(void) {
  int32_t error;
  if ((loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
    return -errno;
  if ((loop.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
    return -errno;
  if ((error = tsk_pump_poll(EPOLL_CTL_ADD, loop.wake_fd, EPOLLIN, &loop.wake)) < 0)
    return error;
  return tsk_thread("tsker-pump", run, NULL);
}
