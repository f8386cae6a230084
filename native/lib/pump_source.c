/* SPDX-License-Identifier: Apache-2.0
 *
 * Sources: the pipes or the terminal a container writes its output to. A turn reads one and hands on what it read; while
 * a tee or a sink is full, the pump's sources are held.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/pump.h"

enum { PIPE_MAX = 1 << 20 };

/* Room for a carried line, then what was read. Only the thread uses it. */
static uint8_t chunk[PUMP_LINE_MAX + PUMP_READ];

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
void tsk_pump_hold(struct pump *pump) {
  pump->held = true;
  leave_epoll(&pump->sources[0]);
  leave_epoll(&pump->sources[1]);
}

void tsk_pump_arm(struct pump *pump) {
  for (int i = 0; i < 2; i++) {
    struct pump_source *source = &pump->sources[i];
    if (source->fd >= 0 && tsk_pump_poll(EPOLL_CTL_ADD, source->fd, EPOLLIN, &source->watch) < 0)
      end_source(source);
  }
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
  uint8_t *data = chunk + PUMP_LINE_MAX;
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
  tsk_pump_took(pump, size);
  if (size > 0) {
    tsk_pump_log(source, chunk + PUMP_LINE_MAX, size);
    bool full = tsk_pump_tee_send(pump, source->stream, chunk + PUMP_LINE_MAX, size);
    if ((full || are_sinks_full(pump)) && !pump->held)
      tsk_pump_hold(pump);
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
  tsk_pump_arm(pump);
  if (pump->draining)
    drain_on(pump);
  tsk_pump_finish_if_done(pump);
}

static void source_ready(struct pump_watch *watch, uint32_t events) {
  struct pump_source *source = (struct pump_source *)watch;
  (void)events;
  if (source->fd < 0 || source->pump->held)
    return; /* by an event earlier in this round */
  turn(source, PUMP_READ);
  tsk_pump_finish_if_done(source->pump);
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

void tsk_pump_stop(struct pump *pump) {
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
  tsk_pump_finish_if_done(pump);
}

void tsk_pump_begin_drain(struct pump *pump) {
  pump->draining = true;
  pump->sources[0].left = PIPE_MAX;
  pump->sources[1].left = PIPE_MAX;
  drain_on(pump);
  tsk_pump_finish_if_done(pump);
}

void tsk_pump_source_init(struct pump *pump, int index, int fd) {
  uint32_t stream = index == 0 ? TSKER_TEE_STDOUT : TSKER_TEE_STDERR;
  pump->sources[index] = (struct pump_source){.watch = {source_ready}, .pump = pump, .fd = fd, .stream = stream};
}
