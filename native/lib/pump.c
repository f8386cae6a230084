/* SPDX-License-Identifier: Apache-2.0
 *
 * The pump's API: the registry of pumps by id, and inboxes. A call takes the lock for a moment, never while anything
 * is read or written; the pump thread does the work. Descriptors handed in are the pump's from then on, and are closed
 * when the call fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/pump.h"

static struct {
  pthread_mutex_t lock;
  struct pump *pumps;
  struct pump *dirty;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

int32_t tsk_pump_init(void) { return tsk_pump_loop_start(); }

static struct pump *find(uint64_t id) {
  struct pump *pump = registry.pumps;
  while (pump != NULL && pump->id != id)
    pump = pump->next;
  return pump;
}

static void mark_dirty(struct pump *pump) {
  if (pump->dirty)
    return;
  pump->dirty = true;
  pump->next_dirty = registry.dirty;
  registry.dirty = pump;
}

static void empty_inbox(struct pump *pump, struct pump_inbox *out) {
  *out = (struct pump_inbox){
      .log = pump->inbox_log,
      .start = pump->inbox_start,
      .stop = pump->inbox_stop,
      .drain = pump->inbox_drain,
      .parking = pump->inbox_parking,
  };
  memcpy(out->sinks, pump->inbox_sinks, sizeof out->sinks);
  memset(pump->inbox_sinks, 0, sizeof pump->inbox_sinks);
  while (pump->inbox_tees != NULL) { /* reversed: they were put in front */
    struct pump_tee *tee = pump->inbox_tees;
    pump->inbox_tees = tee->next;
    tee->next = out->tees;
    out->tees = tee;
  }
  pump->inbox_log = -1;
  pump->inbox_start = false;
  pump->inbox_stop = false;
  pump->inbox_drain = false;
  pump->inbox_parking = PUMP_AS_IT_IS;
}

struct pump *tsk_pump_take_dirty(struct pump_inbox *inbox) {
  struct pump *pump;
  pthread_mutex_lock(&registry.lock);
  pump = registry.dirty;
  if (pump != NULL) {
    registry.dirty = pump->next_dirty;
    pump->dirty = false;
    empty_inbox(pump, inbox);
  }
  pthread_mutex_unlock(&registry.lock);
  return pump;
}

static void unlink_dirty(struct pump *pump) {
  struct pump **link = &registry.dirty;
  while (*link != pump)
    link = &(*link)->next_dirty;
  *link = pump->next_dirty;
}

void tsk_pump_forget(struct pump *pump, struct pump_inbox *rest) {
  struct pump **link = &registry.pumps;
  pthread_mutex_lock(&registry.lock);
  while (*link != pump)
    link = &(*link)->next;
  *link = pump->next;
  if (pump->dirty)
    unlink_dirty(pump);
  empty_inbox(pump, rest);
  pthread_mutex_unlock(&registry.lock);
}

void tsk_pump_poke(struct pump *pump) {
  pthread_mutex_lock(&registry.lock);
  mark_dirty(pump);
  pthread_mutex_unlock(&registry.lock);
  tsk_pump_wake();
}

static void close_if_open(int fd) {
  if (fd >= 0)
    close(fd);
}

/* Something that can be polled: a pipe, a socket, a terminal. Made non-blocking; a pipe is made larger where that is
 * allowed, for a thread that wakes up less often moves twice as much. */
static int32_t check_source(int fd) {
  struct stat status;
  int flags;
  int32_t error = tsk_fstat(fd, &status);
  if (error < 0)
    return error;
  if (!S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode) && !S_ISCHR(status.st_mode))
    return -EINVAL;
  if ((flags = fcntl(fd, F_GETFL)) < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    return -errno;
  if (S_ISFIFO(status.st_mode))
    fcntl(fd, F_SETPIPE_SZ, PUMP_READ);
  return 0;
}

static int32_t check_start(int32_t out_fd, int32_t err_fd, int32_t log_fd, uint32_t flags) {
  int32_t error;
  if ((flags & ~(TSKER_PUMP_TTY | TSKER_PUMP_HELD)) != 0 || ((flags & TSKER_PUMP_TTY) != 0 && err_fd >= 0))
    return -EINVAL;
  if ((error = check_source(out_fd)) < 0 || (err_fd >= 0 && (error = check_source(err_fd)) < 0))
    return error;
  return log_fd >= 0 && fcntl(log_fd, F_GETFD) < 0 ? -errno : 0;
}

static int32_t enter(struct pump *pump) {
  int32_t error = 0;
  pthread_mutex_lock(&registry.lock);
  if (find(pump->id) != NULL) {
    error = -EEXIST;
  } else {
    pump->next = registry.pumps;
    registry.pumps = pump;
    mark_dirty(pump);
  }
  pthread_mutex_unlock(&registry.lock);
  return error;
}

int32_t tsker_pump_start(uint64_t id, int32_t out_fd, int32_t err_fd, int32_t log_fd, uint32_t flags) {
  struct pump *pump = NULL;
  struct tsk_sink *log = NULL;
  int32_t error = check_start(out_fd, err_fd, log_fd, flags);
  if (error == 0 && ((pump = calloc(1, sizeof *pump)) == NULL || (log_fd >= 0 && (log = tsk_file_sink(id, log_fd)) == NULL)))
    error = -ENOMEM;
  if (error == 0) {
    *pump = (struct pump){.id = id, .sinks = {log}, .inbox_log = -1, .inbox_start = (flags & TSKER_PUMP_HELD) == 0};
    tsk_pump_source_init(pump, 0, out_fd);
    tsk_pump_source_init(pump, 1, err_fd);
    if (log != NULL)
      tsk_sink_attach(log, pump);
    error = enter(pump);
  }
  if (error < 0) {
    if (log != NULL) {
      tsk_sink_release(log);
      log_fd = -1;
    }
    free(pump);
    close_if_open(out_fd);
    close_if_open(err_fd);
    close_if_open(log_fd);
    return error;
  }
  tsk_pump_wake();
  return 0;
}

int32_t tsker_pump_tee(uint64_t id, int32_t fd, uint32_t flags) {
  const uint32_t known = TSKER_TEE_STDOUT | TSKER_TEE_STDERR | TSKER_TEE_MUX | TSKER_TEE_CARRY;
  struct pump_tee *tee = NULL;
  struct pump *pump;
  int32_t error = (flags & ~known) != 0 ? -EINVAL : fcntl(fd, F_GETFD) < 0 ? -errno : 0;

  if (error == 0 && (tee = tsk_pump_tee_new(NULL, fd, flags)) == NULL)
    error = -ENOMEM;
  if (error == 0) {
    pthread_mutex_lock(&registry.lock);
    pump = find(id);
    if (pump == NULL) {
      error = -ENOENT;
    } else {
      tee->pump = pump;
      tee->next = pump->inbox_tees;
      pump->inbox_tees = tee;
      mark_dirty(pump);
    }
    pthread_mutex_unlock(&registry.lock);
  }
  if (error < 0) {
    free(tee);
    close_if_open(fd);
    return error;
  }
  tsk_pump_wake();
  return 0;
}

/* Leaves a claimed sink in the inbox of a pump that has not begun: its first line goes there too. */
static int32_t give(struct pump *pump, struct tsk_sink *sink) {
  int at = 0;
  while (at < PUMP_SINKS && pump->inbox_sinks[at] != NULL)
    at++;
  if (at == PUMP_SINKS)
    return -ENOSPC;
  pump->inbox_sinks[at] = sink;
  mark_dirty(pump);
  return 0;
}

int32_t tsker_pump_to(uint64_t id, uint64_t sink_id) {
  struct tsk_sink *sink = tsk_sink_find(sink_id, NULL);
  struct pump *pump;
  int32_t error = sink == NULL ? -ENOENT : tsk_sink_claim(sink);
  if (error < 0) {
    if (sink != NULL)
      tsk_sink_release(sink);
    return error;
  }
  pthread_mutex_lock(&registry.lock);
  pump = find(id);
  error = pump == NULL ? -ENOENT : give(pump, sink);
  pthread_mutex_unlock(&registry.lock);
  if (error < 0) {
    tsk_sink_detach(sink, NULL, NULL);
    tsk_sink_release(sink);
    return error;
  }
  tsk_pump_wake();
  return 0;
}

/* Armed before it returns: a follower that arms first and then reads to the end of the log misses nothing. */
int32_t tsker_pump_watch(uint64_t id) {
  struct pump *pump;
  pthread_mutex_lock(&registry.lock);
  pump = find(id);
  if (pump != NULL && pump->sinks[0] != NULL)
    atomic_store(&pump->sinks[0]->watched, true);
  pthread_mutex_unlock(&registry.lock);
  return pump == NULL ? -ENOENT : 0;
}

int32_t tsker_pump_log(uint64_t id, int32_t log_fd) {
  struct pump *pump;
  int superseded = -1;
  if (fcntl(log_fd, F_GETFD) < 0)
    return -errno;
  pthread_mutex_lock(&registry.lock);
  pump = find(id);
  if (pump != NULL) {
    superseded = pump->inbox_log;
    pump->inbox_log = log_fd;
    mark_dirty(pump);
  }
  pthread_mutex_unlock(&registry.lock);
  close_if_open(pump == NULL ? log_fd : superseded);
  if (pump == NULL)
    return -ENOENT;
  tsk_pump_wake();
  return 0;
}

/* Leaves a wish in the inbox of a pump: to begin, or to end. */
static int32_t tell(uint64_t id, size_t wish) {
  struct pump *pump;
  pthread_mutex_lock(&registry.lock);
  pump = find(id);
  if (pump != NULL) {
    *(bool *)((char *)pump + wish) = true;
    mark_dirty(pump);
  }
  pthread_mutex_unlock(&registry.lock);
  if (pump == NULL)
    return -ENOENT;
  tsk_pump_wake();
  return 0;
}

int32_t tsker_pump_release(uint64_t id) { return tell(id, offsetof(struct pump, inbox_start)); }

int32_t tsker_pump_stop(uint64_t id) { return tell(id, offsetof(struct pump, inbox_stop)); }

int32_t tsker_pump_drain(uint64_t id) { return tell(id, offsetof(struct pump, inbox_drain)); }

static int32_t wish_parking(uint64_t id, enum pump_parking parking) {
  struct pump *pump;
  pthread_mutex_lock(&registry.lock);
  pump = find(id);
  if (pump != NULL) {
    pump->inbox_parking = parking;
    mark_dirty(pump);
  }
  pthread_mutex_unlock(&registry.lock);
  if (pump == NULL)
    return -ENOENT;
  tsk_pump_wake();
  return 0;
}

int32_t tsker_pump_park(uint64_t id) { return wish_parking(id, PUMP_PARK); }

int32_t tsker_pump_resume(uint64_t id) { return wish_parking(id, PUMP_RESUME); }
