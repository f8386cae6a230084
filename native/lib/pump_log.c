/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts output into lines and writes them to the container's json-file log, a whole chunk in one write. A log that
 * cannot be written loses lines, and says how many at the end; the container never waits for a disk that is full.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/pump.h"

enum { BATCH = 1 << 20, CARRY_KEPT = 4 << 10 };

/* One thread logs: encoded lines of the chunk in hand. */
static uint8_t batch[BATCH];

static uint32_t count_lines(const uint8_t *bytes, size_t size) {
  uint32_t lines = 0;
  for (size_t i = 0; i < size; i++)
    lines += bytes[i] == '\n';
  return lines;
}

/* `written` of `size` bytes are in the file, then it took no more: a line of which only a part is there is taken back,
 * so that readers find whole lines when space comes back. */
static void lose(struct pump *pump, const uint8_t *bytes, size_t written, size_t size, int error) {
  const uint8_t *last = written == 0 ? NULL : memrchr(bytes, '\n', written);
  size_t whole = last == NULL ? 0 : (size_t)(last - bytes) + 1;
  uint32_t lines = count_lines(bytes + whole, size - whole);
  struct stat status;

  if (whole < written && tsk_fstat(pump->log_fd, &status) == 0 &&
      ftruncate(pump->log_fd, status.st_size - (off_t)(written - whole)) < 0)
    error = errno;
  pump->log_lost = lines > UINT32_MAX - pump->log_lost ? UINT32_MAX : pump->log_lost + lines;
  pump->log_errno = error;
}

static void flush(struct pump *pump, size_t size) {
  size_t written = 0;
  while (written < size) {
    ssize_t n = write(pump->log_fd, batch + written, size - written);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      lose(pump, batch, written, size, n < 0 ? errno : EIO);
      break;
    }
    written += (size_t)n;
  }
  if (written > 0 && atomic_load(&pump->watched) && atomic_exchange(&pump->watched, false)) {
    struct tsker_event event = {.id = pump->id, .type = TSKER_EV_LOGGED, .ns = tsk_now()};
    tsk_emit(&event);
  }
}

/* What of an unfinished line comes before the bytes just read moves in front of them. */
static uint8_t *join_carry(struct pump_source *source, uint8_t *data) {
  uint8_t *start = data - source->carry_size;
  if (source->carry_size > 0)
    memcpy(start, source->carry, source->carry_size);
  return start;
}

/* Without memory for it the start of the line is logged now: a line in two pieces is better than a lost one. */
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

static void make_tail(struct tsk_json_tail *tail, const struct pump_source *source) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  tsk_json_tail(tail, source->stream == TSKER_TEE_STDERR ? "stderr" : "stdout", &now);
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

void tsk_pump_log(struct pump_source *source, uint8_t *data, size_t size) {
  struct pump *pump = source->pump;
  struct tsk_json_tail tail;
  const uint8_t *text = join_carry(source, data);
  size_t left = source->carry_size + size;
  size_t filled = 0;
  size_t piece;
  bool ended;

  if (pump->log_fd < 0)
    return;
  make_tail(&tail, source);
  while (left > 0 && (piece = next_piece(text, left, &ended)) > 0) {
    if (sizeof batch - filled < TSK_JSON_MAX(PUMP_LINE_MAX)) {
      flush(pump, filled);
      filled = 0;
    }
    filled += tsk_json_line(batch + filled, text, ended ? piece - 1 : piece, ended, &tail);
    text += piece;
    left -= piece;
  }
  if (!keep_carry(source, text, left)) {
    if (sizeof batch - filled < TSK_JSON_MAX(left)) {
      flush(pump, filled);
      filled = 0;
    }
    filled += tsk_json_line(batch + filled, text, left, false, &tail);
    source->carry_size = 0;
  }
  if (filled > 0)
    flush(pump, filled);
}

void tsk_pump_log_end(struct pump_source *source) {
  struct tsk_json_tail tail;
  if (source->carry_size > 0 && source->pump->log_fd >= 0) {
    make_tail(&tail, source);
    flush(source->pump, tsk_json_line(batch, source->carry, source->carry_size, false, &tail));
  }
  free(source->carry);
  source->carry = NULL;
  source->carry_size = 0;
  source->carry_capacity = 0;
}
