/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts output into lines, and lines that are too long into pieces, and puts them into the pump's sinks.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/pump.h"

enum { CARRY_KEPT = 4 << 10 };

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

/* Puts all lines and pieces that have their end. Returns what of the text is left. */
static size_t put_lines(struct pump_source *source, const uint8_t *text, size_t size, const struct timespec *now) {
  size_t left = size;
  size_t piece;
  bool ended;
  while (left > 0 && (piece = next_piece(text, left, &ended)) > 0) {
    put(source, text, ended ? piece - 1 : piece, ended);
    if (source->partial && ended)
      begin(source, now); /* what follows is of another time */
    else if (!source->partial && !ended)
      source->since = *now;
    source->partial = !ended;
    text += piece;
    left -= piece;
  }
  return left;
}

void tsk_pump_log(struct pump_source *source, uint8_t *data, size_t size) {
  struct timespec now;
  const uint8_t *text;
  size_t left;

  if (source->pump->sinks[0] == NULL)
    return;
  text = join_carry(source, data);
  size += source->carry_size;
  clock_gettime(CLOCK_REALTIME, &now);
  begin(source, source->partial ? &source->since : &now);
  left = put_lines(source, text, size, &now);
  if (!keep_carry(source, text + size - left, left)) {
    put(source, text + size - left, left, false); /* a line in two pieces is better than a lost one */
    source->carry_size = 0;
  }
  commit(source);
}

void tsk_pump_log_end(struct pump_source *source) {
  struct timespec now;
  if (source->carry_size > 0 && source->pump->sinks[0] != NULL) {
    clock_gettime(CLOCK_REALTIME, &now);
    begin(source, source->partial ? &source->since : &now);
    put(source, source->carry, source->carry_size, false);
    commit(source);
  }
  free(source->carry);
  source->carry = NULL;
  source->carry_size = 0;
  source->carry_capacity = 0;
}
