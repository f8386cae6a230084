/* SPDX-License-Identifier: Apache-2.0
 *
 * Sinks: where a container's lines go as records. The pump thread encodes records into buffers and queues them; writer
 * threads (pump_writer.c) take them to a json-file log (pump_file.c) or to a socket (pump_remote.c), and may wait there
 * as long as it takes. pump_sink.c holds what both have in common. Not for the rest of the library.
 */
#ifndef TSK_PUMP_SINK_H
#define TSK_PUMP_SINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tsker.h"

struct pump;
struct tsk_sink;

enum {
  SINK_WAITING = 1 << 20, /* bytes that may wait in a sink's queue before its pump is held, unless it says otherwise */
};

/* ---- writer threads (pump_writer.c) ---- */

/* One piece of work; embedded in what it is about, and out of every list while it runs. */
struct tsk_work {
  void (*run)(struct tsk_work *work);
  struct tsk_work *next;
};

/* Queues work for a writer thread. Work may block: another thread is started when one has kept others waiting. */
void tsk_writer_submit(struct tsk_work *work);
/* Milliseconds after which the pump thread should call tsk_writer_relieve, -1: need not. */
int tsk_writer_timeout(void);
/* Starts one more thread when work has been waiting too long. */
void tsk_writer_relieve(void);

/* ---- buffers ---- */

/* Whole records. Filled by the pump thread, then the queue's and at last the writer's. */
struct sink_buffer {
  struct sink_buffer *next;
  size_t at;       /* what is before has been written */
  size_t size;
  size_t capacity;
  size_t counted;  /* what of it counts as waiting */
  uint32_t lines;
  int swap;        /* no records, but a descriptor that the sink is to go on with; -1: none */
  struct timespec time; /* of the last record */
  uint8_t data[];
};

/* (pump_buffer.c) An empty one of this capacity; NULL without memory. */
struct sink_buffer *tsk_buffer_new(size_t capacity);
/* The same for the records of a chunk: a large one that has been used before, when it will do. */
struct sink_buffer *tsk_buffer_take(size_t capacity);
void tsk_buffer_recycle(struct sink_buffer *buffer);
/* Frees what is kept for the next chunk: there has been none in a long time. */
void tsk_buffer_trim(void);

/* ---- sinks ---- */

struct sink_type {
  /* Pump thread, once per chunk: what all its records have in common. */
  void (*style)(struct tsk_sink *sink, uint32_t stream, const struct timespec *time);
  /* Pump thread: the next line of the chunk is one nanosecond later. NULL: no matter. */
  void (*tick)(struct tsk_sink *sink);
  /* Pump thread: one line, or piece of one. `ended`: it is the line's last, whose newline is not part of the text. */
  void (*put)(struct tsk_sink *sink, const uint8_t *text, size_t size, bool ended);
  /* Writer thread: false when it cannot go on now; what has not been written then stays in the queue. */
  bool (*write)(struct tsk_sink *sink, struct sink_buffer *buffer);
  /* Under the sink's lock: whether queued records can be written at all now; if not, they are dropped above the limit. */
  bool (*ready)(const struct tsk_sink *sink);
  /* Under the sink's lock: make a writer that waits inside `write` come back. May be NULL. */
  void (*cancel)(struct tsk_sink *sink);
  void (*destroy)(struct tsk_sink *sink);
};

struct tsk_sink {
  struct tsk_work work; /* first: a writer's work is a sink */
  const struct sink_type *type;
  uint64_t id; /* of its events */
  struct tsk_sink *next; /* in the registry */
  atomic_uint references;
  bool lossy; /* lines are dropped above the limit; otherwise the pump is held */
  size_t limit;
  atomic_bool watched; /* one EV_LOGGED is owed */

  /* The pump thread's, in the turn of one source. */
  struct sink_buffer *filling;
  bool dropping;
  size_t credit;    /* what the queue still takes in this turn */
  struct timespec time;
  uint32_t dropped;
  int32_t drop_error;

  pthread_mutex_t lock;
  struct sink_buffer *head;
  struct sink_buffer **tail;
  size_t waiting;      /* bytes queued or being written */
  bool working;        /* with a writer, or queued for one */
  unsigned background; /* other work under way: compression */
  bool claimed;        /* a pump feeds it, or will */
  struct pump *pump;   /* that feeds it */
  bool wake;           /* the pump is to be poked when the queue is shorter, or empty */
  bool closing;        /* nobody wants it any more */
  bool ending;         /* EV_SINK is owed when the queue is empty */
  uint32_t lost;       /* lines not taken since they were last told */
  int32_t error;       /* why */
};

/* ---- life (pump_sink.c) ---- */

void tsk_sink_init(struct tsk_sink *sink, const struct sink_type *type, uint64_t id);
/* Makes it known by its id; -EEXIST. Its reference is the registry's then. */
int32_t tsk_sink_register(struct tsk_sink *sink);
/* A reference to the sink of that id and type (NULL: any); NULL when there is none. */
struct tsk_sink *tsk_sink_find(uint64_t id, const struct sink_type *type);
void tsk_sink_hold(struct tsk_sink *sink);
void tsk_sink_release(struct tsk_sink *sink);

/* ---- the pump thread's side (pump_sink.c) ---- */

/* Reserves it for one pump; -EBUSY when another has it. From any thread. */
int32_t tsk_sink_claim(struct tsk_sink *sink);
/* From now on it may poke the pump. */
void tsk_sink_attach(struct tsk_sink *sink, struct pump *pump);
/* `lost` and `error`, unless NULL: what was lost since it was attached. */
void tsk_sink_detach(struct tsk_sink *sink, uint32_t *lost, int32_t *error);
/* Begins a chunk, or the lines of another time in it. */
void tsk_sink_begin(struct tsk_sink *sink, uint32_t stream, const struct timespec *time);
/* The next line of the chunk has this time, a nanosecond after the one before, in the same second. */
void tsk_sink_tick(struct tsk_sink *sink, const struct timespec *time);
/* Room for `size` bytes more of a record of `text` bytes, NULL when it is to be dropped. */
uint8_t *tsk_sink_room(struct tsk_sink *sink, size_t size, size_t text);
/* The record is there, `size` bytes. */
void tsk_sink_add(struct tsk_sink *sink, size_t size);
/* Queues what has been put. */
void tsk_sink_commit(struct tsk_sink *sink);
/* Queues the change to another descriptor (taken over), behind the records before it. */
void tsk_sink_swap(struct tsk_sink *sink, int fd);
/* Whether its pump should read no more for now, or is not at its end yet. When true the pump will be poked. */
bool tsk_sink_full(struct tsk_sink *sink);
bool tsk_sink_busy(struct tsk_sink *sink);

/* ---- for sink types (pump_sink.c) ---- */

void tsk_sink_lose(struct tsk_sink *sink, uint32_t lines, int32_t error);
/* Pokes the pump when that was asked for and is due. Under the lock. */
void tsk_sink_progress(struct tsk_sink *sink);
/* Has a writer look at the queue, unless one does. Under the lock. */
void tsk_sink_schedule(struct tsk_sink *sink);
/* EV_LOGGED, when it is owed. */
void tsk_sink_logged(struct tsk_sink *sink);
/* EV_SINK with the lines lost since the last one. Under the lock; from a writer thread. */
void tsk_sink_tell(struct tsk_sink *sink, int32_t error);

/* ---- json-file logs (pump_file.c, pump_rotate.c, pump_gzip.c) ---- */

extern const struct sink_type tsk_file_type;

/* A log that is only a descriptor (taken over): it never rotates. NULL without memory; the descriptor is the caller's then. */
struct tsk_sink *tsk_file_sink(uint64_t id, int fd);
/* Writes `source`, compressed, to `target`, whose gzip header says when the last record was. 0 or negative errno. */
int32_t tsk_gzip(int source, int target, const struct timespec *last);

/* ---- json-file encoding (pump_json.c): pure ---- */

/* Everything of a record after its text, the same for all lines of one chunk. */
struct tsk_json_tail {
  char *text;
  size_t size;
};

/* Bytes that a tail takes besides the attributes. */
enum { TSK_JSON_TAIL = 112 };
/* The most a record of `size` bytes can take, without its tail. */
#define TSK_JSON_MAX(size) (8 + 6 * (size_t)(size) + 16)

/* Writes the tail to tail->text, which has room for TSK_JSON_TAIL and the attributes (a JSON object, or "" for none). */
void tsk_json_tail(struct tsk_json_tail *tail, const char *stream, const char *attributes, const struct timespec *time);
/* Adds a nanosecond to the time of a tail; it must not be the last of its second. */
void tsk_json_tick(struct tsk_json_tail *tail);
/* Writes {"log":"…","stream":…} and a newline to `out`, which has room for TSK_JSON_MAX(size) and the tail. `ended`: the
 * line's newline belongs to the text. Returns the size written. */
size_t tsk_json_line(uint8_t *out, const uint8_t *line, size_t size, bool ended, const struct tsk_json_tail *tail);

/* ---- syslog headers (pump_syslog.c): pure ---- */

/* Bytes that a time takes at most. */
enum { TSK_SYSLOG_TIME = 48 };
/* Writes the local time in a form of enum tsker_remote_time. Returns its size. */
size_t tsk_syslog_time(char *out, uint32_t form, const struct timespec *time);

#endif
