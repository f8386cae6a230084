/* SPDX-License-Identifier: Apache-2.0
 *
 * How an output pump begins and ends, through its API and its event pipe: held, stopped and drained ones,
 * many of them, and requests that are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "test/support/streams.h"

static uint64_t last_id;

/* Held: nothing is read, tees that come before the release get the first byte, and a stop still ends it. */
static void test_held(void) {
  int out[2], tee[2];
  uint64_t id = ++last_id;
  char text[16] = {0};
  test_make_pipe(out);
  test_make_pipe(tee);
  CHECK(tsker_pump_start(id, out[0], -1, test_temporary_file(), TSKER_PUMP_HELD) == 0);
  CHECK(tsker_pump_watch(id) == 0);
  test_write_fully(out[1], (const uint8_t *)"first\n", 6);
  CHECK(test_pump_event(50).type == 0);
  CHECK(tsker_pump_tee(id, tee[1], TSKER_TEE_STDOUT) == 0);
  CHECK(tsker_pump_release(id) == 0 && tsker_pump_release(id) == 0);
  test_pump_wait(id, TSKER_EV_LOGGED);
  close(out[1]);
  test_pump_wait(id, TSKER_EV_STREAM);
  CHECK(read(tee[0], text, sizeof text) == 6 && strcmp(text, "first\n") == 0);
  CHECK(tsker_pump_release(id) == -ENOENT);
  close(tee[0]);

  test_make_pipe(out);
  CHECK(tsker_pump_start(++last_id, out[0], -1, -1, TSKER_PUMP_HELD) == 0);
  CHECK(tsker_pump_stop(last_id) == 0);
  test_pump_wait(last_id, TSKER_EV_STREAM);
  close(out[1]);
}

static void test_stop(void) {
  int out[2], tee[2];
  int log = test_temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  test_make_pipe(out);
  test_make_pipe(tee);
  struct bytes data = test_make_output(60000, 8);
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  CHECK(tsker_pump_tee(id, tee[1], TSKER_TEE_STDOUT) == 0);
  test_write_fully(out[1], data.data, data.size);
  test_write_fully(out[1], data.data, data.size); /* the tee is full, what follows waits in the pipe */
  CHECK(test_pump_event(50).type == 0);
  CHECK(tsker_pump_stop(id) == 0); /* the writer is still there */
  test_pump_wait(id, TSKER_EV_STREAM);
  struct bytes all = test_read_from_start(log);
  test_decode_log(&all, streams);
  CHECK(streams[0].size == 2 * data.size && memcmp(streams[0].data + data.size, data.data, data.size) == 0);
  CHECK(write(out[1], "x", 1) < 0 && errno == EPIPE);
  CHECK(tsker_pump_stop(id) == -ENOENT);
  free(all.data);
  free(streams[0].data);
  free(data.data);
  close(out[1]);
  close(tee[0]);
  close(log);
}

/* As a stop, but for a reader that is slow: it gets all that was there when the drain began. */
static void test_drain(void) {
  int out[2], tee[2];
  int log = test_temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  test_make_pipe(out);
  test_make_pipe(tee);
  struct bytes data = test_make_output(150000, 11);
  struct consumer consumer = {.fd = tee[0]};
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  CHECK(tsker_pump_tee(id, tee[1], TSKER_TEE_STDOUT) == 0);
  test_write_fully(out[1], data.data, data.size);
  test_write_fully(out[1], data.data, data.size); /* the tee is full, what follows waits in the pipe */
  CHECK(test_pump_event(50).type == 0);
  CHECK(tsker_pump_drain(id) == 0);
  CHECK(test_pump_event(50).type == 0); /* nothing is given up */
  test_consume(&consumer);
  test_pump_wait(id, TSKER_EV_STREAM);
  CHECK(consumer.data.size == 2 * data.size);
  CHECK(memcmp(consumer.data.data + data.size, data.data, data.size) == 0);
  struct bytes all = test_read_from_start(log);
  test_decode_log(&all, streams);
  CHECK(streams[0].size == 2 * data.size);
  CHECK(write(out[1], "x", 1) < 0 && errno == EPIPE);
  CHECK(tsker_pump_drain(id) == -ENOENT);
  free(all.data);
  free(streams[0].data);
  free(data.data);
  free(consumer.data.data);
  close(out[1]);
  close(log);

  /* Nothing was there, and nobody reads: it ends at once. */
  test_make_pipe(out);
  CHECK(tsker_pump_start(++last_id, out[0], -1, -1, 0) == 0);
  CHECK(tsker_pump_drain(last_id) == 0);
  test_pump_wait(last_id, TSKER_EV_STREAM);
  close(out[1]);
}

static void test_refusals(void) {
  int out[2];
  int file = test_temporary_file();
  test_make_pipe(out);
  CHECK(tsker_pump_start(++last_id, 9999, -1, -1, 0) == -EBADF);
  CHECK(tsker_pump_start(++last_id, dup(out[0]), -1, 9999, 0) == -EBADF);
  CHECK(tsker_pump_start(++last_id, file, -1, -1, 0) == -EINVAL);
  CHECK(fcntl(file, F_GETFD) < 0); /* taken over, so closed */
  CHECK(tsker_pump_start(++last_id, dup(out[0]), dup(out[0]), -1, TSKER_PUMP_TTY) == -EINVAL);
  CHECK(tsker_pump_start(++last_id, dup(out[0]), -1, -1, 64) == -EINVAL);
  CHECK(tsker_pump_start(last_id, dup(out[0]), -1, -1, 0) == 0);
  CHECK(tsker_pump_start(last_id, dup(out[0]), -1, -1, 0) == -EEXIST);
  CHECK(tsker_pump_tee(last_id, 9999, TSKER_TEE_STDOUT) == -EBADF);
  CHECK(tsker_pump_tee(last_id, dup(out[0]), 256) == -EINVAL);
  CHECK(tsker_pump_log(last_id, 9999) == -EBADF);
  int tee = dup(out[1]);
  CHECK(tsker_pump_tee(987654, tee, TSKER_TEE_STDOUT) == -ENOENT && fcntl(tee, F_GETFD) < 0);
  int log = test_temporary_file();
  CHECK(tsker_pump_log(987654, log) == -ENOENT && fcntl(log, F_GETFD) < 0);
  CHECK(tsker_pump_watch(987654) == -ENOENT);
  CHECK(tsker_pump_stop(987654) == -ENOENT);
  CHECK(tsker_pump_drain(987654) == -ENOENT);
  close(out[1]);
  test_pump_wait(last_id, TSKER_EV_STREAM);
  close(out[0]);
}

static void test_many_pumps(void) {
  enum { COUNT = 100 };
  int writers[COUNT];
  uint64_t first = last_id + 1;
  for (int i = 0; i < COUNT; i++) {
    int out[2];
    test_make_pipe(out);
    CHECK(tsker_pump_start(++last_id, out[0], -1, test_temporary_file(), 0) == 0);
    writers[i] = out[1];
  }
  for (int i = 0; i < COUNT; i++) {
    dprintf(writers[i], "hello from %d\n", i);
    close(writers[i]);
  }
  for (int i = 0; i < COUNT; i++) {
    struct tsker_event event = test_pump_event(10000);
    CHECK(event.type == TSKER_EV_STREAM && event.id >= first && event.id <= last_id);
  }
}

int main(void) {
  test_pump_start();
  test_held();
  test_stop();
  test_drain();
  test_refusals();
  test_many_pumps();
  puts("pump_life_test: ok");
  return 0;
}
