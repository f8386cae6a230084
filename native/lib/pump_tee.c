/* SPDX-License-Identifier: Apache-2.0
 *
 * Tees: attached clients that get a container's output while it is logged. A tee that takes no more holds its pump
 * back until it drains (the container then waits for its reader, as it would on a terminal); one that is gone is dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/pump.h"

enum { FRAME_HEADER = 8 };

/* Dropped in this round: an event for them may still be in the list that epoll_wait gave. One thread uses it. */
static struct pump_tee *dropped;

static void drop(struct pump_tee *tee) {
  struct pump_tee **link = &tee->pump->tees;
  while (*link != tee)
    link = &(*link)->next;
  *link = tee->next;
  tsk_pump_poll(EPOLL_CTL_DEL, tee->fd, 0, NULL); /* closing would not do: JavaScript may hold a duplicate */
  close(tee->fd);
  tee->fd = -1;
  free(tee->pending);
  tee->pending = NULL;
  tee->next = dropped;
  dropped = tee;
}

static void drop_and_resume(struct pump_tee *tee) {
  struct pump *pump = tee->pump;
  drop(tee);
  tsk_pump_drained(pump);
}

/* EPOLLERR and EPOLLHUP are always reported: a reader that has gone is noticed in silence too. */
static void tee_ready(struct pump_watch *watch, uint32_t events) {
  struct pump_tee *tee = (struct pump_tee *)watch;
  ssize_t n;

  if (tee->fd < 0)
    return; /* dropped by an event earlier in this round */
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    drop_and_resume(tee);
    return;
  }
  if (tee->pending == NULL)
    return;
  n = write(tee->fd, tee->pending + tee->pending_at, tee->pending_end - tee->pending_at);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n < 0) {
    drop_and_resume(tee);
    return;
  }
  tee->pending_at += (size_t)n;
  if (tee->pending_at < tee->pending_end)
    return;
  free(tee->pending);
  tee->pending = NULL;
  tsk_pump_poll(EPOLL_CTL_MOD, tee->fd, 0, &tee->watch);
  tsk_pump_drained(tee->pump);
}

struct pump_tee *tsk_pump_tee_new(struct pump *pump, int fd, uint32_t flags) {
  struct pump_tee *tee = calloc(1, sizeof *tee);
  if (tee != NULL)
    *tee = (struct pump_tee){.watch = {tee_ready}, .pump = pump, .fd = fd, .flags = flags};
  return tee;
}

static void send_to(struct pump_tee *tee, uint32_t stream, const uint8_t *data, size_t size);

/* The start of a line that is in no log yet. A tee that is full already has to do without. */
static void send_begun(struct pump_tee *tee, const struct pump_source *source) {
  if ((tee->flags & source->stream) != 0 && source->carry_size > 0 && tee->pending == NULL)
    send_to(tee, source->stream, source->carry, source->carry_size);
}

void tsk_pump_tee_add(struct pump *pump, struct pump_tee *tee) {
  int flags = fcntl(tee->fd, F_GETFL);
  tee->next = pump->tees;
  pump->tees = tee;
  if (flags < 0 || fcntl(tee->fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    drop(tee);
    return;
  }
  /* -EPERM: a file or /dev/null, which is never full and never hangs up. */
  int32_t error = tsk_pump_poll(EPOLL_CTL_ADD, tee->fd, 0, &tee->watch);
  if (error < 0 && error != -EPERM) {
    drop(tee);
    return;
  }
  for (int i = 0; i < 2 && (tee->flags & TSKER_TEE_CARRY) != 0 && tee->fd >= 0; i++)
    send_begun(tee, &pump->sources[i]);
}

/* Keeps what the descriptor did not take of header and data. */
static bool keep_rest(struct pump_tee *tee, const struct iovec *parts, size_t taken) {
  size_t total = parts[0].iov_len + parts[1].iov_len;
  size_t rest = total - taken;
  size_t of_header = taken < parts[0].iov_len ? parts[0].iov_len - taken : 0;
  uint8_t *pending = malloc(rest);

  if (pending == NULL)
    return false;
  memcpy(pending, (const uint8_t *)parts[0].iov_base + (parts[0].iov_len - of_header), of_header);
  memcpy(pending + of_header, (const uint8_t *)parts[1].iov_base + (parts[1].iov_len - (rest - of_header)), rest - of_header);
  tee->pending = pending;
  tee->pending_at = 0;
  tee->pending_end = rest;
  return tsk_pump_poll(EPOLL_CTL_MOD, tee->fd, EPOLLOUT, &tee->watch) == 0;
}

static void send_to(struct pump_tee *tee, uint32_t stream, const uint8_t *data, size_t size) {
  uint8_t header[FRAME_HEADER] = {stream == TSKER_TEE_STDERR ? 2 : 1,  0, 0, 0, (uint8_t)(size >> 24), (uint8_t)(size >> 16),
                                  (uint8_t)(size >> 8), (uint8_t)size};
  struct iovec parts[2] = {{header, (tee->flags & TSKER_TEE_MUX) != 0 ? FRAME_HEADER : 0}, {(void *)(uintptr_t)data, size}};
  size_t total = parts[0].iov_len + parts[1].iov_len;
  ssize_t n;

  do {
    n = writev(tee->fd, parts, 2);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN)
    n = 0;
  if (n < 0 || ((size_t)n < total && !keep_rest(tee, parts, (size_t)n)))
    drop(tee);
}

bool tsk_pump_tee_send(struct pump *pump, uint32_t stream, const uint8_t *data, size_t size) {
  struct pump_tee *next;
  for (struct pump_tee *tee = pump->tees; tee != NULL; tee = next) {
    next = tee->next;
    if ((tee->flags & stream) != 0)
      send_to(tee, stream, data, size);
  }
  return tsk_pump_tees_full(pump);
}

bool tsk_pump_tees_full(const struct pump *pump) {
  for (const struct pump_tee *tee = pump->tees; tee != NULL; tee = tee->next)
    if (tee->pending != NULL)
      return true;
  return false;
}

void tsk_pump_tees_give_up(struct pump *pump) {
  struct pump_tee *next;
  for (struct pump_tee *tee = pump->tees; tee != NULL; tee = next) {
    next = tee->next;
    if (tee->pending != NULL)
      drop(tee);
  }
}

void tsk_pump_tees_close(struct pump *pump) {
  while (pump->tees != NULL)
    drop(pump->tees);
}

void tsk_pump_tees_bury(void) {
  while (dropped != NULL) {
    struct pump_tee *tee = dropped;
    dropped = tee->next;
    free(tee);
  }
}
