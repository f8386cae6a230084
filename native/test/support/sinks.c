/* SPDX-License-Identifier: Apache-2.0
 *
 * See sinks.h.
 */
#include "test/support/sinks.h"

#include <fcntl.h>
#include <unistd.h>

#include "test/support/streams.h"

uint64_t test_last_id;

/* Numbered lines of LINE bytes, as fast as they are taken. */
static void *write_lines(void *argument) {
  struct writer *writer = argument;
  char block[64 * LINE + 1];
  for (unsigned i = 0; i < writer->lines; i += 64) {
    unsigned count = writer->lines - i < 64 ? writer->lines - i : 64;
    size_t at = 0;
    for (unsigned j = 0; j < count; j++)
      at += (size_t)sprintf(block + at, "%08u %090d\n", i + j, 0);
    test_write_fully(writer->fd, (const uint8_t *)block, at);
  }
  close(writer->fd);
  return NULL;
}

pthread_t test_start_writer(struct writer *writer) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, write_lines, writer) == 0);
  return thread;
}

uint64_t test_open_log(const char *path, uint64_t max_size, uint32_t max_files, uint32_t flags) {
  struct tsker_log log = {.max_size = max_size, .max_files = max_files, .flags = flags};
  CHECK_INT(tsker_log_open(++test_last_id, path, (const uint8_t *)&log, sizeof log, ""), 0);
  return test_last_id;
}

const char *test_fresh_path(void) {
  static char *paths[32];
  static unsigned count;
  char name[16];
  snprintf(name, sizeof name, "log-%u", count);
  return paths[count++] = test_path(name);
}

uint64_t test_start_pump(uint64_t sink, int *writer) {
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  *writer = ends[1];
  CHECK_INT(tsker_pump_start(++test_last_id, ends[0], -1, -1, TSKER_PUMP_HELD), 0);
  CHECK_INT(tsker_pump_to(test_last_id, sink), 0);
  CHECK_INT(tsker_pump_release(test_last_id), 0);
  return test_last_id;
}

void test_wait_for_end(uint64_t pump) {
  struct tsker_event event = test_event_of(pump);
  CHECK_INT(event.type, TSKER_EV_STREAM);
  CHECK_INT(event.a, 0);
}
