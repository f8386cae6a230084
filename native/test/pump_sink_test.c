/* SPDX-License-Identifier: Apache-2.0
 *
 * What all sinks of the pump have in common: followers are told, what a log that hangs does to others,
 * and requests that are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "test/support/sinks.h"

static void test_followers_are_told(void) {
  uint64_t log = test_open_log(test_fresh_path(), 0, 1, 0);
  int out;
  CHECK_INT(tsker_log_watch(log), 0);
  uint64_t pump = test_start_pump(log, &out);
  CHECK(write(out, "x\n", 2) == 2);
  CHECK_INT(test_event_of(log).type, TSKER_EV_LOGGED);
  close(out);
  test_wait_for_end(pump);
  tsker_sink_close(log);
}

/* A log that takes nothing (a pipe that nobody reads stands for a disk that hangs) holds its own container only. */
static void test_stalled_logs_hold_nobody_else(void) {
  enum { STALLED = 5 };
  int stalled[STALLED], unread[STALLED];
  struct writer writers[STALLED] = {0};
  pthread_t threads[STALLED];
  uint64_t ids[STALLED];
  for (int i = 0; i < STALLED; i++) {
    int log[2], out[2];
    CHECK(pipe2(log, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    unread[i] = log[0];
    stalled[i] = out[1];
    ids[i] = ++test_last_id;
    CHECK_INT(tsker_pump_start(ids[i], out[0], -1, log[1], 0), 0);
    writers[i] = (struct writer){.fd = stalled[i], .lines = 60000};
    threads[i] = test_start_writer(&writers[i]);
  }
  uint64_t log = test_open_log(test_fresh_path(), 0, 1, 0);
  struct writer writer = {.lines = 60000};
  uint64_t pump = test_start_pump(log, &writer.fd);
  pthread_t thread = test_start_writer(&writer);
  test_wait_for_end(pump);
  pthread_join(thread, NULL);
  tsker_sink_close(log);
  for (int i = 0; i < STALLED; i++) {
    char part[65536];
    size_t total = 0;
    ssize_t n;
    while ((n = read(unread[i], part, sizeof part)) > 0)
      total += (size_t)n;
    CHECK(total > 60000 * LINE);
    close(unread[i]);
    pthread_join(threads[i], NULL);
    test_wait_for_end(ids[i]);
  }
}

static void test_refusals(void) {
  struct tsker_log log = {.max_files = 1};
  struct tsker_remote remote = {0};
  const uint8_t *bytes = (const uint8_t *)&log;
  const char *path = test_fresh_path();
  int out;
  CHECK_INT(tsker_log_open(1, "relative", bytes, sizeof log, ""), -EINVAL);
  CHECK_INT(tsker_log_open(1, path, bytes, sizeof log - 1, ""), -EINVAL);
  CHECK_INT(tsker_log_open(1, "/dev/null", bytes, sizeof log, ""), -EINVAL);
  CHECK_INT(tsker_log_open(1, "/no/such/log", bytes, sizeof log, ""), -ENOENT);
  log.max_files = 0;
  CHECK_INT(tsker_log_open(1, path, bytes, sizeof log, ""), -EINVAL);
  CHECK_INT(tsker_remote_open(1, (uint8_t *)&remote, sizeof remote, "", "a\nb"), -EINVAL);
  CHECK_INT(tsker_remote_datagram("localhost", 514), -EINVAL);
  CHECK_INT(tsker_remote_datagram("127.0.0.1", 65536), -EINVAL);
  CHECK_INT(tsker_pump_to(1, 999999), -ENOENT);
  CHECK_INT(tsker_sink_close(999999), -ENOENT);
  uint64_t sink = test_open_log(path, 0, 1, 0);
  struct tsker_log again = {.max_files = 1};
  CHECK_INT(tsker_log_open(sink, path, (const uint8_t *)&again, sizeof again, ""), -EEXIST);
  CHECK_INT(tsker_pump_to(999999, sink), -ENOENT);
  uint64_t pump = test_start_pump(sink, &out);
  int second[2];
  CHECK(pipe2(second, O_CLOEXEC) == 0);
  CHECK_INT(tsker_pump_start(++test_last_id, second[0], -1, -1, TSKER_PUMP_HELD), 0);
  CHECK_INT(tsker_pump_to(test_last_id, sink), -EBUSY);
  CHECK_INT(tsker_pump_stop(test_last_id), 0);
  test_wait_for_end(test_last_id);
  close(second[1]);
  close(out);
  test_wait_for_end(pump);
  tsker_sink_close(sink);
}

static const struct test tests[] = {
    {"followers are told", test_followers_are_told},
    {"stalled logs hold nobody else", test_stalled_logs_hold_nobody_else},
    {"refusals", test_refusals},
};

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  test_start();
  return test_run(tests, sizeof tests / sizeof *tests);
}
