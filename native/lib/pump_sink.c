/* SPDX-License-Identifier: Apache-2.0
 *
 * What all sinks have in common: their registry, the queue between the pump thread and the writers, and its bounds. Order
 * of locks: a sink's, then the registry of pumps or of sinks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/pump.h"

enum { SMALL = 32 << 10 }; /* less than this is copied out of its buffer, and queued in little memory */

static struct {
  pthread_mutex_t lock;
  struct tsk_sink *sinks;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- life ---- */

static void run_writer(struct tsk_work *work);

void tsk_sink_init(struct tsk_sink *sink, const struct sink_type *type, uint64_t id) {
  *sink = (struct tsk_sink){.work = {.run = run_writer}, .type = type, .id = id, .limit = SINK_WAITING, .tail = &sink->head};
  atomic_init(&sink->references, 1);
  pthread_mutex_init(&sink->lock, NULL);
}

static struct tsk_sink *find(uint64_t id) {
  struct tsk_sink *sink = registry.sinks;
  while (sink != NULL && sink->id != id)
    sink = sink->next;
  return sink;
}

int32_t tsk_sink_register(struct tsk_sink *sink) {
  int32_t error = 0;
  pthread_mutex_lock(&registry.lock);
  if (find(sink->id) != NULL) {
    error = -EEXIST;
  } else {
    sink->next = registry.sinks;
    registry.sinks = sink;
  }
  pthread_mutex_unlock(&registry.lock);
  return error;
}

struct tsk_sink *tsk_sink_find(uint64_t id, const struct sink_type *type) {
  struct tsk_sink *sink;
  pthread_mutex_lock(&registry.lock);
  sink = find(id);
  if (sink != NULL && (type == NULL || sink->type == type))
    tsk_sink_hold(sink);
  else
    sink = NULL;
  pthread_mutex_unlock(&registry.lock);
  return sink;
}

void tsk_sink_hold(struct tsk_sink *sink) { atomic_fetch_add(&sink->references, 1); }

static void drop_queue(struct tsk_sink *sink) {
  while (sink->head != NULL) {
    struct sink_buffer *buffer = sink->head;
    sink->head = buffer->next;
    sink->waiting -= buffer->counted;
    tsk_buffer_recycle(buffer);
  }
  sink->tail = &sink->head;
}

void tsk_sink_release(struct tsk_sink *sink) {
  if (atomic_fetch_sub(&sink->references, 1) > 1)
    return;
  drop_queue(sink);
  pthread_mutex_destroy(&sink->lock);
  sink->type->destroy(sink);
}

int32_t tsker_sink_close(uint64_t id) {
  struct tsk_sink **link = &registry.sinks;
  struct tsk_sink *sink;
  pthread_mutex_lock(&registry.lock);
  while (*link != NULL && (*link)->id != id)
    link = &(*link)->next;
  sink = *link;
  if (sink != NULL)
    *link = sink->next;
  pthread_mutex_unlock(&registry.lock);
  if (sink == NULL)
    return -ENOENT;
  pthread_mutex_lock(&sink->lock);
  sink->closing = true;
  sink->ending = false;
  if (sink->type->cancel != NULL)
    sink->type->cancel(sink);
  drop_queue(sink);
  tsk_sink_progress(sink);
  pthread_mutex_unlock(&sink->lock);
  tsk_sink_release(sink);
  return 0;
}

int32_t tsker_sink_end(uint64_t id) {
  struct tsk_sink *sink = tsk_sink_find(id, NULL);
  int32_t drained;
  if (sink == NULL)
    return -ENOENT;
  pthread_mutex_lock(&sink->lock);
  drained = sink->head == NULL && !sink->working && sink->background == 0;
  sink->ending = !drained;
  pthread_mutex_unlock(&sink->lock);
  tsk_sink_release(sink);
  return drained;
}

/* ---- the pump thread ---- */

int32_t tsk_sink_claim(struct tsk_sink *sink) {
  int32_t error = 0;
  pthread_mutex_lock(&sink->lock);
  if (sink->claimed || sink->closing)
    error = -EBUSY;
  sink->claimed = true;
  pthread_mutex_unlock(&sink->lock);
  return error;
}

void tsk_sink_attach(struct tsk_sink *sink, struct pump *pump) {
  pthread_mutex_lock(&sink->lock);
  sink->pump = pump;
  pthread_mutex_unlock(&sink->lock);
}

void tsk_sink_detach(struct tsk_sink *sink, uint32_t *lost, int32_t *error) {
  pthread_mutex_lock(&sink->lock);
  sink->pump = NULL;
  sink->claimed = false;
  sink->wake = false;
  if (lost != NULL) {
    *lost = sink->lost;
    *error = sink->error;
    sink->lost = 0;
    sink->error = 0;
  }
  pthread_mutex_unlock(&sink->lock);
}

void tsk_sink_begin(struct tsk_sink *sink, uint32_t stream, const struct timespec *time) {
  pthread_mutex_lock(&sink->lock);
  sink->dropping = sink->lossy || sink->closing || !sink->type->ready(sink);
  sink->credit = sink->limit > sink->waiting ? sink->limit - sink->waiting : 0;
  pthread_mutex_unlock(&sink->lock);
  sink->time = *time;
  sink->type->style(sink, stream, time);
}

void tsk_sink_tick(struct tsk_sink *sink, const struct timespec *time) {
  sink->time = *time;
  if (sink->type->tick != NULL)
    sink->type->tick(sink);
}

/* A line that is larger than the whole ring is taken when there is nothing else in it, as Docker does. */
static bool admit(struct tsk_sink *sink, size_t text) {
  if (!sink->dropping)
    return true;
  if (text > sink->credit && sink->credit < sink->limit)
    return false;
  sink->credit -= text < sink->credit ? text : sink->credit;
  return true;
}

static uint8_t *drop_line(struct tsk_sink *sink, int32_t error) {
  sink->dropped++;
  sink->drop_error = error;
  return NULL;
}

uint8_t *tsk_sink_room(struct tsk_sink *sink, size_t size, size_t text) {
  struct sink_buffer *buffer = sink->filling;
  if (!admit(sink, text))
    return drop_line(sink, ENOBUFS);
  if (buffer != NULL && buffer->capacity - buffer->size < size) {
    tsk_sink_commit(sink);
    buffer = NULL;
  }
  if (buffer == NULL && (buffer = sink->filling = tsk_buffer_take(size)) == NULL)
    return drop_line(sink, ENOMEM);
  return buffer->data + buffer->size;
}

void tsk_sink_add(struct tsk_sink *sink, size_t size) {
  sink->filling->size += size;
  sink->filling->lines++;
}

static void enqueue(struct tsk_sink *sink, struct sink_buffer *buffer) {
  buffer->next = NULL;
  *sink->tail = buffer;
  sink->tail = &buffer->next;
}

/* The queue's last buffer, when it is small and has room: a trickle of lines that waits takes little memory. */
static struct sink_buffer *last_with_room(struct tsk_sink *sink, size_t size) {
  struct sink_buffer *last = sink->head;
  if (last == NULL)
    return NULL;
  last = (struct sink_buffer *)((char *)sink->tail - offsetof(struct sink_buffer, next));
  return last->swap < 0 && last->capacity - last->size >= size ? last : NULL;
}

/* Copies little into little. False when there is no memory for it. */
static bool enqueue_copy(struct tsk_sink *sink, const struct sink_buffer *from) {
  struct sink_buffer *to = last_with_room(sink, from->size);
  if (to == NULL) {
    if ((to = tsk_buffer_new(from->size < 2048 ? 4096 : 2 * from->size)) == NULL)
      return false;
    enqueue(sink, to);
  }
  memcpy(to->data + to->size, from->data, from->size);
  to->size += from->size;
  to->counted += from->size;
  to->lines += from->lines;
  to->time = from->time;
  return true;
}

void tsk_sink_commit(struct tsk_sink *sink) {
  struct sink_buffer *buffer = sink->filling;
  sink->filling = NULL;
  if (buffer != NULL)
    buffer->time = sink->time;
  pthread_mutex_lock(&sink->lock);
  if (sink->dropped > 0) {
    tsk_sink_lose(sink, sink->dropped, sink->drop_error);
    sink->dropped = 0;
  }
  if (buffer != NULL && !sink->closing) {
    sink->waiting += buffer->size;
    buffer->counted = buffer->size;
    if (buffer->size >= SMALL || !enqueue_copy(sink, buffer)) {
      enqueue(sink, buffer);
      buffer = NULL;
    }
    tsk_sink_schedule(sink);
  }
  pthread_mutex_unlock(&sink->lock);
  if (buffer != NULL)
    tsk_buffer_recycle(buffer);
}

void tsk_sink_swap(struct tsk_sink *sink, int fd) {
  struct sink_buffer *mark = tsk_buffer_new(0);
  if (mark == NULL) {
    close(fd);
    return;
  }
  mark->swap = fd;
  pthread_mutex_lock(&sink->lock);
  enqueue(sink, mark);
  tsk_sink_schedule(sink);
  pthread_mutex_unlock(&sink->lock);
}

static bool is_full(const struct tsk_sink *sink) {
  return !sink->lossy && !sink->closing && sink->waiting > sink->limit && sink->type->ready(sink);
}

bool tsk_sink_full(struct tsk_sink *sink) {
  bool full;
  pthread_mutex_lock(&sink->lock);
  full = is_full(sink);
  sink->wake = sink->wake || full;
  pthread_mutex_unlock(&sink->lock);
  return full;
}

static bool is_busy(const struct tsk_sink *sink) {
  return sink->working || sink->head != NULL || sink->background > 0;
}

bool tsk_sink_busy(struct tsk_sink *sink) {
  bool busy;
  pthread_mutex_lock(&sink->lock);
  busy = is_busy(sink);
  sink->wake = sink->wake || busy;
  pthread_mutex_unlock(&sink->lock);
  return busy;
}

/* ---- for sink types ---- */

void tsk_sink_lose(struct tsk_sink *sink, uint32_t lines, int32_t error) {
  sink->lost = lines > UINT32_MAX - sink->lost ? UINT32_MAX : sink->lost + lines;
  sink->error = error;
}

void tsk_sink_tell(struct tsk_sink *sink, int32_t error) {
  struct tsker_event event = {.id = sink->id, .type = TSKER_EV_SINK, .a = error, .ns = tsk_now()};
  event.b = sink->lost > INT32_MAX ? INT32_MAX : (int32_t)sink->lost;
  sink->lost = 0;
  sink->error = 0;
  tsk_emit(&event);
}

void tsk_sink_logged(struct tsk_sink *sink) {
  struct tsker_event event = {.id = sink->id, .type = TSKER_EV_LOGGED};
  if (!atomic_load(&sink->watched) || !atomic_exchange(&sink->watched, false))
    return;
  event.ns = tsk_now();
  tsk_emit(&event);
}

/* A held pump goes on when half of what may wait is gone, or when the sink drops lines from now on. */
void tsk_sink_progress(struct tsk_sink *sink) {
  bool due = !is_busy(sink) || sink->waiting <= sink->limit / 2 || !sink->type->ready(sink);
  if (sink->ending && !is_busy(sink)) {
    sink->ending = false;
    tsk_sink_tell(sink, 0);
  }
  if (!sink->wake || !due || sink->pump == NULL)
    return;
  sink->wake = false;
  tsk_pump_poke(sink->pump);
}

void tsk_sink_schedule(struct tsk_sink *sink) {
  if (sink->working || sink->head == NULL || sink->closing || !sink->type->ready(sink))
    return;
  sink->working = true;
  tsk_sink_hold(sink);
  tsk_writer_submit(&sink->work);
}

static struct sink_buffer *take_first(struct tsk_sink *sink) {
  struct sink_buffer *first = sink->head;
  if (first != NULL && (sink->head = first->next) == NULL)
    sink->tail = &sink->head;
  return first;
}

static void put_back(struct tsk_sink *sink, struct sink_buffer *first) {
  first->next = sink->head;
  sink->head = first;
  if (first->next == NULL)
    sink->tail = &first->next;
}

/* A turn of one sink: one buffer, so that a sink with much to write does not keep the others of its disk waiting. */
static void run_writer(struct tsk_work *work) {
  struct tsk_sink *sink = (struct tsk_sink *)work;
  struct sink_buffer *buffer;
  bool written;

  pthread_mutex_lock(&sink->lock);
  buffer = sink->closing ? NULL : take_first(sink);
  pthread_mutex_unlock(&sink->lock);
  written = buffer != NULL && sink->type->write(sink, buffer);
  pthread_mutex_lock(&sink->lock);
  if (written)
    sink->waiting -= buffer->counted;
  else if (buffer != NULL)
    put_back(sink, buffer);
  if (sink->closing)
    drop_queue(sink);
  sink->working = false;
  tsk_sink_schedule(sink);
  tsk_sink_progress(sink);
  pthread_mutex_unlock(&sink->lock);
  if (written)
    tsk_buffer_recycle(buffer);
  tsk_sink_release(sink);
}
