/* SPDX-License-Identifier: Apache-2.0
 *
 * The output pump's own declarations: one thread (pump_loop.c) reads the output of all containers (pump_source.c), feeds
 * attached clients (pump_tee.c), cuts lines (pump_log.c) and queues them as records for sinks (pump_sink.h), which other
 * threads write. pump.c is the API, called by the event loop. Not for the rest of the library.
 */
#ifndef TSK_PUMP_H
#define TSK_PUMP_H

#include <time.h>

#include "lib/internal.h"
#include "lib/pump_sink.h"

enum {
  PUMP_LINE_MAX = 16 << 10, /* a longer line is logged in pieces, as Docker does */
  PUMP_READ = 256 << 10,    /* at most this is read of one source in its turn */
  PUMP_SINKS = 2,           /* a log and a remote one */
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
  size_t left; /* bytes that a drain may still read */
  /* Pieces of a line that is too long have been logged; all of them bear the time of the first. */
  bool partial;
  struct timespec since;
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

enum pump_parking { PUMP_AS_IT_IS = 0, PUMP_PARK, PUMP_RESUME };

struct pump {
  uint64_t id;
  struct pump_source sources[2];
  struct pump_tee *tees;
  struct timespec last; /* no line logged so far has a later time */
  struct tsk_sink *sinks[PUMP_SINKS]; /* attached; those that are there come first */
  bool draining; /* nothing that comes later is read: see pump_source.left */
  bool held;     /* the sources are out of epoll until tees and sinks have drained */
  bool started;  /* the sources have been put into epoll */
  bool parked;   /* as `held`, until somebody says otherwise */
  bool owed;     /* EV_PARKED, when the log has all that was read */
  bool finished;

  /* Written by the API under the registry's lock, taken by the pump thread. */
  struct pump_tee *inbox_tees; /* newest first */
  struct tsk_sink *inbox_sinks[PUMP_SINKS];
  int inbox_log;               /* -1: no new log */
  bool inbox_start;
  bool inbox_stop;
  bool inbox_drain;
  enum pump_parking inbox_parking; /* the last wish counts */
  bool dirty;
  struct pump *next_dirty;

  struct pump *next; /* in the registry; afterwards in the list of what is to be freed */
};

/* What the API left for the pump thread, as one consistent reading. */
struct pump_inbox {
  struct pump_tee *tees; /* oldest first */
  struct tsk_sink *sinks[PUMP_SINKS];
  int log;
  bool start;
  bool stop;
  bool drain;
  enum pump_parking parking;
};

/* ---- registry (pump.c) ---- */

/* The next pump with something in its inbox, NULL when there is none. */
struct pump *tsk_pump_take_dirty(struct pump_inbox *inbox);
/* No call of the API reaches it any more. What was still in its inbox is returned for closing. */
void tsk_pump_forget(struct pump *pump, struct pump_inbox *rest);
/* Has the pump thread look at it again: a sink has drained. From any thread, under the sink's lock. */
void tsk_pump_poke(struct pump *pump);

/* ---- thread (pump_loop.c) ---- */

int32_t tsk_pump_loop_start(void);
void tsk_pump_wake(void);
/* epoll_ctl(2) for the pump's instance; 0 or negative errno. */
int32_t tsk_pump_poll(int operation, int fd, uint32_t events, struct pump_watch *watch);
/* Counts what a turn read: it decides how long the thread rests after the round. */
void tsk_pump_took(const struct pump *pump, size_t size);
/* Ends a pump that has nothing left to do, with its event. */
void tsk_pump_finish_if_done(struct pump *pump);
/* Its log has not yet all that was read. */
bool tsk_pump_is_log_busy(const struct pump *pump);

/* ---- sources (pump_source.c) ---- */

void tsk_pump_source_init(struct pump *pump, int index, int fd);
/* Takes the sources out of epoll until tees and sinks have drained. */
void tsk_pump_hold(struct pump *pump);
/* Puts the sources into epoll. */
void tsk_pump_arm(struct pump *pump);
/* Goes on reading a held pump, when no tee and no sink is full any more. */
void tsk_pump_drained(struct pump *pump);
/* Reads what the sources hold now, as tees and sinks take it, and then ends them. */
void tsk_pump_begin_drain(struct pump *pump);
/* The same at once: a tee that is full loses its claim. */
void tsk_pump_stop(struct pump *pump);

/* ---- wishes (pump_wish.c) ---- */

/* Does what the API left in the inboxes. */
void tsk_pump_apply_wishes(void);

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

/* ---- text (pump_json.c) ---- */

/* The size of the longest start of `text` that does not end inside a UTF-8 sequence. */
size_t tsk_utf8_boundary(const uint8_t *text, size_t size);

#endif
