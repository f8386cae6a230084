/* SPDX-License-Identifier: Apache-2.0
 *
 * The output pump's own declarations: one thread (pump_loop.c) reads the output of all containers, writes json-file
 * lines (pump_log.c, pump_json.c) and feeds attached clients (pump_tee.c). pump.c is the API, called by other threads.
 * Not for the rest of the library.
 */
#ifndef TSK_PUMP_H
#define TSK_PUMP_H

#include <time.h>

#include "lib/internal.h"

enum {
  PUMP_LINE_MAX = 16 << 10, /* a longer line is logged in pieces, as Docker does */
  PUMP_READ = 256 << 10,    /* at most this is read of one source in its turn */
};

/* What the epoll instance points at: a source, a tee, or the wake-up descriptor. */
struct pump_watch {
  void (*ready)(struct pump_watch *watch, uint32_t events);
};

struct pump_source {
  struct pump_watch watch;
  struct pump *pump;
  int fd; /* -1: ended, or never was */
  uint32_t stream; /* TSKER_TEE_STDOUT or TSKER_TEE_STDERR */
  /* The start of a line whose end has not come yet; always shorter than PUMP_LINE_MAX. */
  uint8_t *carry;
  uint32_t carry_size;
  uint32_t carry_capacity;
};

struct pump_tee {
  struct pump_watch watch;
  struct pump *pump;
  struct pump_tee *next;
  int fd; /* -1: dropped, freed at the end of the round */
  uint32_t flags;
  /* What a full descriptor did not take; while there is some, the pump's sources are not read. */
  uint8_t *pending;
  size_t pending_at;
  size_t pending_end;
};

struct pump {
  uint64_t id;
  struct pump_source sources[2];
  struct pump_tee *tees;
  int log_fd;
  uint32_t log_lost;  /* lines that the log could not take */
  int32_t log_errno;  /* why */
  bool held;          /* the sources are out of epoll until the tees have drained */
  bool started;       /* the sources have been put into epoll */
  bool finished;
  atomic_bool watched; /* by tsker_pump_watch: one EV_LOGGED is owed */

  /* Written by the API under the registry's lock, taken by the pump thread. */
  struct pump_tee *inbox_tees; /* newest first */
  int inbox_log;               /* -1: no new log */
  bool inbox_start;
  bool inbox_stop;
  bool dirty;
  struct pump *next_dirty;

  struct pump *next; /* in the registry; afterwards in the list of what is to be freed */
};

/* What the API left for the pump thread, as one consistent reading. */
struct pump_inbox {
  struct pump_tee *tees; /* oldest first */
  int log;
  bool start;
  bool stop;
};

/* ---- registry (pump.c) ---- */

/* The next pump with something in its inbox, NULL when there is none. */
struct pump *tsk_pump_take_dirty(struct pump_inbox *inbox);
/* No call of the API reaches it any more. What was still in its inbox is returned for closing. */
void tsk_pump_forget(struct pump *pump, struct pump_inbox *rest);

/* ---- thread (pump_loop.c) ---- */

int32_t tsk_pump_loop_start(void);
void tsk_pump_wake(void);
void tsk_pump_source_init(struct pump *pump, int index, int fd);
/* epoll_ctl(2) for the pump's instance; 0 or negative errno. */
int32_t tsk_pump_poll(int operation, int fd, uint32_t events, struct pump_watch *watch);
/* To be called when the last full tee of a held pump has drained or was dropped. */
void tsk_pump_drained(struct pump *pump);

/* ---- log (pump_log.c) ---- */

/* Logs the whole lines of `size` bytes just read, and keeps the rest in the source's carry. The PUMP_LINE_MAX bytes
 * before `data` are scratch space. */
void tsk_pump_log(struct pump_source *source, uint8_t *data, size_t size);
/* Logs what is left of an unfinished line at the end of the stream. */
void tsk_pump_log_end(struct pump_source *source);

/* ---- tees (pump_tee.c) ---- */

struct pump_tee *tsk_pump_tee_new(struct pump *pump, int fd, uint32_t flags);
void tsk_pump_tee_add(struct pump *pump, struct pump_tee *tee);
/* Hands output to every tee that wants the stream. True when one of them is full. */
bool tsk_pump_tee_send(struct pump *pump, uint32_t stream, const uint8_t *data, size_t size);
bool tsk_pump_tees_full(const struct pump *pump);
/* Drops the tees that are still full. */
void tsk_pump_tees_give_up(struct pump *pump);
void tsk_pump_tees_close(struct pump *pump);
/* Frees the tees dropped in this round of events. */
void tsk_pump_tees_bury(void);

/* ---- json-file encoding (pump_json.c): pure ---- */

/* Everything of a record after the text, the same for all lines of one chunk. */
struct tsk_json_tail {
  char text[96];
  size_t size;
};

/* The most a line of `size` bytes can take. */
#define TSK_JSON_MAX(size) (8 + 6 * (size_t)(size) + sizeof(((struct tsk_json_tail *)0)->text) + 16)

void tsk_json_tail(struct tsk_json_tail *tail, const char *stream, const struct timespec *time);
/* Writes {"log":"…","stream":…} and a newline to `out`, which has room for TSK_JSON_MAX(size). `ended`: the line's
 * newline belongs to the text. Returns the size written. */
size_t tsk_json_line(uint8_t *out, const uint8_t *line, size_t size, bool ended, const struct tsk_json_tail *tail);
/* The size of the longest start of `text` that does not end inside a UTF-8 sequence. */
size_t tsk_utf8_boundary(const uint8_t *text, size_t size);

#endif
