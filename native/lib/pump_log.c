/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts output into lines, and lines that are too long into pieces, and puts them into the pump's sinks.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/pump.h"

enum { CARRY_KEPT = 4 << 10, NANOSECONDS = 1000000000 };

/* What of an unfinished line comes before the bytes just read moves in front of them. */
static uint8_t *join_carry(struct pump_source *source, uint8_t *data) {
  uint8_t *start = data - source->carry_size;
  if (source->carry_size > 0)
    memcpy(start, source->carry, source->carry_size);
  return start;
}

/* False without memory for it. */
static bool keep_carry(struct pump_source *source, const uint8_t *rest, size_t size) {
  if (size > source->carry_capacity) {
    size_t capacity = size <= 256 ? 256 : size <= CARRY_KEPT ? CARRY_KEPT : PUMP_LINE_MAX;
    uint8_t *larger = realloc(source->carry, capacity);
    if (larger == NULL)
      return false;
    source->carry = larger;
    source->carry_capacity = (uint32_t)capacity;
  }
  if (size > 0)
    memcpy(source->carry, rest, size);
  source->carry_size = (uint32_t)size;
  if (size == 0 && source->carry_capacity > CARRY_KEPT) {
    free(source->carry);
    source->carry = NULL;
    source->carry_capacity = 0;
  }
  return true;
}

/* The next line, or piece of a line that is too long; 0 when its end has not been read yet. */
static size_t next_piece(const uint8_t *text, size_t size, bool *ended) {
  size_t window = size < PUMP_LINE_MAX ? size : PUMP_LINE_MAX;
  const uint8_t *newline = memchr(text, '\n', window);
  *ended = newline != NULL;
  if (newline != NULL)
    return (size_t)(newline - text) + 1;
  return window < PUMP_LINE_MAX ? 0 : tsk_utf8_boundary(text, PUMP_LINE_MAX);
}

static void begin(const struct pump_source *source, const struct timespec *time) {
  struct tsk_sink *const *sinks = source->pump->sinks;
  for (int i = 0; i < PUMP_SINKS && sinks[i] != NULL; i++)
    tsk_sink_begin(sinks[i], source->stream, time);
}

static void put(const struct pump_source *source, const uint8_t *text, size_t size, bool ended) {
  struct tsk_sink *const *sinks = source->pump->sinks;
  for (int i = 0; i < PUMP_SINKS && sinks[i] != NULL; i++)
    sinks[i]->type->put(sinks[i], text, size, ended);
}

static void commit(const struct pump_source *source) {
  struct tsk_sink *const *sinks = source->pump->sinks;
  for (int i = 0; i < PUMP_SINKS && sinks[i] != NULL; i++)
    tsk_sink_commit(sinks[i]);
}

/* Later than every line before, of either stream: readers go on from a time (--since), and none may lie on both sides. */
static struct timespec time_of_chunk(const struct pump *pump) {
  const struct timespec *last = &pump->last;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec > last->tv_sec || (now.tv_sec == last->tv_sec && now.tv_nsec > last->tv_nsec))
    return now;
  if (last->tv_nsec + 1 < NANOSECONDS)
    return (struct timespec){.tv_sec = last->tv_sec, .tv_nsec = last->tv_nsec + 1};
  return (struct timespec){.tv_sec = last->tv_sec + 1};
}

/* A line has ended: the next one, read at the same moment, has a nanosecond of its own. */
static void tick(const struct pump_source *source, struct timespec *time) {
  struct tsk_sink *const *sinks = source->pump->sinks;
  if (++time->tv_nsec == NANOSECONDS) {
    *time = (struct timespec){.tv_sec = time->tv_sec + 1};
    begin(source, time);
    return;
  }
  for (int i = 0; i < PUMP_SINKS && sinks[i] != NULL; i++)
    tsk_sink_tick(sinks[i], time);
}

/* Puts all lines and pieces that have their end; `time` becomes that of the next line. Returns what of the text is left. */
static size_t put_lines(struct pump_source *source, const uint8_t *text, size_t size, struct timespec *time) {
  size_t left = size;
  size_t piece;
  bool ended;
  while (left > 0 && (piece = next_piece(text, left, &ended)) > 0) {
    put(source, text, ended ? piece - 1 : piece, ended);
    if (source->partial && ended)
      begin(source, time); /* what follows is of another time */
    else if (ended)
      tick(source, time);
    else if (!source->partial)
      source->since = *time;
    source->partial = !ended;
    text += piece;
    left -= piece;
  }
  return left;
}

void tsk_pump_log(struct pump_source *source, uint8_t *data, size_t size) {
  struct timespec time;
  const uint8_t *text;
  size_t left;

  if (source->pump->sinks[0] == NULL)
    return;
  text = join_carry(source, data);
  size += source->carry_size;
  time = time_of_chunk(source->pump);
  begin(source, source->partial ? &source->since : &time);
  left = put_lines(source, text, size, &time);
  source->pump->last = time;
  if (!keep_carry(source, text + size - left, left)) {
    put(source, text + size - left, left, false); /* a line in two pieces is better than a lost one */
    source->carry_size = 0;
  }
  commit(source);
}

void tsk_pump_log_end(struct pump_source *source) {
  if (source->carry_size > 0 && source->pump->sinks[0] != NULL) {
    const struct timespec time = time_of_chunk(source->pump);
    source->pump->last = time;
    begin(source, source->partial ? &source->since : &time);
    put(source, source->carry, source->carry_size, false);
    commit(source);
  }
  free(source->carry);
  source->carry = NULL;
  source->carry_size = 0;
  source->carry_capacity = 0;
}
