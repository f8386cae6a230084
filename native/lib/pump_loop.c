/* SPDX-License-Identifier: Apache-2.0
 *
 * The pump thread. It is started once, lives as long as the daemon, and is the only one that touches sources, tees and
 * logs; other threads leave their wishes in a pump's inbox. Each round gives every readable source one turn, so that
 * a container that floods its output does not starve the others.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/pump.h"

enum { ROUND = 64, PIPE_MAX = 1 << 20 };

/* When to let pipes fill (nap_length): reads in a row that hardly had to be waited for, nanoseconds, bytes. */
enum { HASTE = 16, WAITED = 200000, NAP_STEP = 50000, NAP_MAX = 1000000, LITTLE = 16 << 10, MUCH = 40 << 10 };

static void wake_ready(struct pump_watch *watch, uint32_t events);

/* Only the thread uses `chunk` and `finished`. */
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
  uint8_t chunk[PUMP_LINE_MAX + PUMP_READ]; /* room for a carried line, then what was read */
} loop = {.epoll_fd = -1, .wake_fd = -1, .wake = {wake_ready}};

int32_t tsk_pump_poll(int operation, int fd, uint32_t events, struct pump_watch *watch) {
  struct epoll_event event = {.events = events, .data.ptr = watch};
  return epoll_ctl(loop.epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

void tsk_pump_wake(void) { eventfd_write(loop.wake_fd, 1); }

static bool is_open(const struct pump *pump) { return pump->sources[0].fd >= 0 || pump->sources[1].fd >= 0; }

static void end_source(struct pump_source *source) {
  tsk_pump_log_end(source);
  close(source->fd); /* a dup that JavaScript holds (the terminal's master) would keep it in epoll */
  source->fd = -1;
}

static void leave_epoll(struct pump_source *source) {
  if (source->fd >= 0)
    tsk_pump_poll(EPOLL_CTL_DEL, source->fd, 0, NULL);
}

/* Out of epoll altogether: EPOLLHUP could not be masked, and would spin. */
static void hold(struct pump *pump) {
  pump->held = true;
  leave_epoll(&pump->sources[0]);
  leave_epoll(&pump->sources[1]);
}

static void arm(struct pump *pump) {
  for (int i = 0; i < 2; i++) {
    struct pump_source *source = &pump->sources[i];
    if (source->fd >= 0 && tsk_pump_poll(EPOLL_CTL_ADD, source->fd, EPOLLIN, &source->watch) < 0)
      end_source(source);
  }
}

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
static bool is_log_busy(const struct pump *pump) {
  for (int i = 0; i < PUMP_SINKS && pump->sinks[i] != NULL; i++)
    if (pump->sinks[i]->type == &tsk_file_type && tsk_sink_busy(pump->sinks[i]))
      return true;
  return false;
}

static void finish_if_done(struct pump *pump) {
  if (!pump->finished && !pump->parked && !is_open(pump) && !tsk_pump_tees_full(pump) && !is_log_busy(pump))
    finish(pump);
}

static bool are_sinks_full(const struct pump *pump) {
  for (int i = 0; i < PUMP_SINKS && pump->sinks[i] != NULL; i++)
    if (tsk_sink_full(pump->sinks[i]))
      return true;
  return false;
}


/* Reads until `limit`, or until there is no more now. A terminal gives 4 KiB at a time, a pipe all it has.
 * *ended: end of file, or EIO, which is the end of a terminal. */
static size_t read_chunk(struct pump_source *source, size_t limit, bool *ended) {
  uint8_t *data = loop.chunk + PUMP_LINE_MAX;
  size_t size = 0;
  *ended = false;
  while (size < limit) {
    ssize_t n = read(source->fd, data + size, limit - size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      *ended = n == 0 || errno != EAGAIN;
      break;
    }
    size += (size_t)n;
    if (n < 2048)
      break; /* a writer of short lines: it has hardly written more since */
  }
  return size;
}

/* One turn of a source; returns what it read. */
static size_t turn(struct pump_source *source, size_t limit) {
  struct pump *pump = source->pump;
  bool ended;
  size_t size = read_chunk(source, limit < PUMP_READ ? limit : PUMP_READ, &ended);
  if (size > loop.round.most)
    loop.round.most = size;
  loop.round.attended = loop.round.attended || pump->tees != NULL;
  if (size > 0) {
    tsk_pump_log(source, loop.chunk + PUMP_LINE_MAX, size);
    bool full = tsk_pump_tee_send(pump, source->stream, loop.chunk + PUMP_LINE_MAX, size);
    if ((full || are_sinks_full(pump)) && !pump->held)
      hold(pump);
  }
  if (ended) {
    if (!pump->held)
      leave_epoll(source);
    end_source(source);
  }
  return size;
}

/* Reads on until the source is empty or somebody is full; who drains calls it again. What a source holds is no more than
 * the largest pipe does: a child that goes on writing does not keep it open. */
static void drain_on(struct pump *pump) {
  for (int i = 0; i < 2; i++) {
    struct pump_source *source = &pump->sources[i];
    while (source->fd >= 0 && !pump->held) {
      size_t size = turn(source, source->left);
      source->left -= size;
      if (source->fd >= 0 && (size == 0 || source->left == 0)) {
        if (!pump->held)
          leave_epoll(source);
        end_source(source);
      }
    }
  }
}

void tsk_pump_drained(struct pump *pump) {
  if (!pump->held || pump->parked || tsk_pump_tees_full(pump) || are_sinks_full(pump))
    return;
  pump->held = false;
  arm(pump);
  if (pump->draining)
    drain_on(pump);
  finish_if_done(pump);
}

static void source_ready(struct pump_watch *watch, uint32_t events) {
  struct pump_source *source = (struct pump_source *)watch;
  (void)events;
  if (source->fd < 0 || source->pump->held)
    return; /* by an event earlier in this round */
  turn(source, PUMP_READ);
  finish_if_done(source->pump);
}

/* What is in the pipe is read, but no more than the largest pipe holds, whoever goes on writing to it. A tee that is full
 * loses its claim. */
static void drain(struct pump_source *source) {
  size_t left = PIPE_MAX;
  while (left > 0 && source->fd >= 0) {
    size_t size = turn(source, left);
    tsk_pump_tees_give_up(source->pump);
    if (size == 0)
      break;
    left -= size;
  }
}

static void stop(struct pump *pump) {
  tsk_pump_tees_give_up(pump);
  for (int i = 0; i < 2; i++) {
    struct pump_source *source = &pump->sources[i];
    drain(source);
    if (source->fd >= 0) {
      if (!pump->held)
        leave_epoll(source);
      end_source(source);
    }
  }
  finish_if_done(pump);
}

/* Only a log that is nothing but a descriptor can be swapped: one with a name rotates itself. */
static void swap_log(struct pump *pump, int fd) {
  struct tsk_sink *log = pump->sinks[0];
  if (log != NULL && log->id == pump->id)
    tsk_sink_swap(log, fd);
  else
    close(fd);
}

static void add_sinks(struct pump *pump, struct pump_inbox *inbox) {
  int at = 0;
  while (at < PUMP_SINKS && pump->sinks[at] != NULL)
    at++;
  for (int i = 0; i < PUMP_SINKS && inbox->sinks[i] != NULL; i++) {
    if (at < PUMP_SINKS) {
      tsk_sink_attach(inbox->sinks[i], pump);
      pump->sinks[at++] = inbox->sinks[i];
    } else {
      tsk_sink_detach(inbox->sinks[i], NULL, NULL);
      tsk_sink_release(inbox->sinks[i]);
    }
  }
}

static void begin_drain(struct pump *pump) {
  pump->draining = true;
  pump->sources[0].left = PIPE_MAX;
  pump->sources[1].left = PIPE_MAX;
  drain_on(pump);
  finish_if_done(pump);
}

/* Somebody is to get what comes from here on, and reads what came before from the log: between the two nothing is read. */
static void park(struct pump *pump) {
  pump->parked = true;
  pump->owed = true;
  if (pump->started && !pump->held)
    hold(pump);
}

static void tell_parked(struct pump *pump) {
  const struct tsker_event event = {.id = pump->id, .type = TSKER_EV_PARKED, .ns = tsk_now()};
  if (!pump->parked || !pump->owed || is_log_busy(pump))
    return;
  pump->owed = false;
  tsk_emit(&event);
}

static void apply(struct pump *pump, struct pump_inbox *inbox) {
  if (inbox->parking == PUMP_PARK)
    park(pump);
  if (inbox->log >= 0)
    swap_log(pump, inbox->log);
  add_sinks(pump, inbox);
  while (inbox->tees != NULL) {
    struct pump_tee *tee = inbox->tees;
    inbox->tees = tee->next;
    tsk_pump_tee_add(pump, tee);
  }
  if (pump->started && !pump->held && tsk_pump_tees_full(pump))
    hold(pump);
  if (inbox->start && !pump->started) {
    pump->started = true;
    if (pump->parked)
      pump->held = true;
    else
      arm(pump);
  }
  tell_parked(pump);
  if (inbox->parking == PUMP_RESUME || inbox->stop)
    pump->parked = false;
  tsk_pump_drained(pump);
  if (inbox->drain && !pump->finished)
    begin_drain(pump);
  if (inbox->stop && !pump->finished)
    stop(pump);
  else
    finish_if_done(pump);
}

static void apply_wishes(void) {
  struct pump_inbox inbox;
  struct pump *pump;
  while ((pump = tsk_pump_take_dirty(&inbox)) != NULL)
    apply(pump, &inbox);
}

static void wake_ready(struct pump_watch *watch, uint32_t events) {
  eventfd_t count;
  (void)watch;
  (void)events;
  eventfd_read(loop.wake_fd, &count);
  apply_wishes();
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
    apply_wishes(); /* before the sources: who rotated or attached and then made the program write sees it there */
    for (int i = 0; i < count; i++) {
      struct pump_watch *watch = events[i].data.ptr;
      watch->ready(watch, events[i].events);
    }
    bury();
    rest(waited);
  }
  return NULL;
}

void tsk_pump_source_init(struct pump *pump, int index, int fd) {
  uint32_t stream = index == 0 ? TSKER_TEE_STDOUT : TSKER_TEE_STDERR;
  pump->sources[index] = (struct pump_source){.watch = {source_ready}, .pump = pump, .fd = fd, .stream = stream};
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
