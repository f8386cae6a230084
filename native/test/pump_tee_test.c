/* SPDX-License-Identifier: Apache-2.0
 *
 * Tees of the output pump, with real pipes and sockets: what attached clients get, one that is full, and one that goes.
 */
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/support/streams.h"

static uint64_t last_id;

/* Takes the 8-byte frames apart. */
static void unframe(const struct bytes *framed, struct bytes out[2]) {
  size_t at = 0;
  while (at < framed->size) {
    const uint8_t *header = framed->data + at;
    CHECK(framed->size - at >= 8 && (header[0] == 1 || header[0] == 2) && header[1] == 0 && header[2] == 0 && header[3] == 0);
    size_t size = (size_t)header[4] << 24 | (size_t)header[5] << 16 | (size_t)header[6] << 8 | header[7];
    CHECK(size > 0 && size <= framed->size - at - 8);
    test_append(&out[header[0] - 1], header + 8, size);
    at += 8 + size;
  }
}

static void test_tees(void) {
  int out[2], err[2], mux[2], raw[2];
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  test_make_pipe(out);
  test_make_pipe(err);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, mux) == 0);
  test_make_pipe(raw);
  struct producer producers[2] = {{.fd = out[1], .data = test_make_output(2 << 20, 3), .step = 5000},
                                  {.fd = err[1], .data = test_make_output(1 << 20, 4), .step = 5000}};
  struct consumer consumers[2] = {{.fd = mux[0]}, {.fd = raw[0]}};
  pthread_t threads[4];
  CHECK(tsker_pump_start(id, out[0], err[0], -1, 0) == 0);
  CHECK(tsker_pump_tee(id, mux[1], TSKER_TEE_STDOUT | TSKER_TEE_STDERR | TSKER_TEE_MUX) == 0);
  CHECK(tsker_pump_tee(id, raw[1], TSKER_TEE_STDERR) == 0);
  for (int i = 0; i < 2; i++) {
    CHECK(pthread_create(&threads[2 + i], NULL, test_consume, &consumers[i]) == 0);
    threads[i] = test_start_producer(&producers[i]);
  }
  test_pump_wait(id, TSKER_EV_STREAM);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  unframe(&consumers[0].data, streams);
  CHECK(test_same(&streams[0], &producers[0].data));
  CHECK(test_same(&streams[1], &producers[1].data));
  CHECK(test_same(&consumers[1].data, &producers[1].data));
  for (int i = 0; i < 2; i++) {
    free(streams[i].data);
    free(producers[i].data.data);
    free(consumers[i].data.data);
  }
}

static void test_full_tee_holds_its_pump_only(void) {
  int slow[2], fast[2], tee[2];
  uint64_t slow_id = ++last_id;
  uint64_t fast_id = ++last_id;
  test_make_pipe(slow);
  test_make_pipe(fast);
  test_make_pipe(tee);
  struct producer slow_producer = {.fd = slow[1], .data = test_make_output(2 << 20, 5), .step = 4000};
  struct producer fast_producer = {.fd = fast[1], .data = test_make_output(2 << 20, 6), .step = 4000};
  CHECK(tsker_pump_start(slow_id, slow[0], -1, test_temporary_file(), 0) == 0);
  CHECK(tsker_pump_tee(slow_id, tee[1], TSKER_TEE_STDOUT) == 0);
  CHECK(tsker_pump_start(fast_id, fast[0], -1, test_temporary_file(), 0) == 0);
  pthread_t slow_thread = test_start_producer(&slow_producer);
  pthread_t fast_thread = test_start_producer(&fast_producer);
  test_pump_wait(fast_id, TSKER_EV_STREAM); /* the other one goes on, to its end */
  CHECK(test_pump_event(50).type == 0);
  CHECK(atomic_load(&slow_producer.written) < 1 << 20); /* held back by pipes and one chunk */
  struct consumer consumer = {.fd = tee[0]};
  test_consume(&consumer);
  test_pump_wait(slow_id, TSKER_EV_STREAM);
  pthread_join(slow_thread, NULL);
  pthread_join(fast_thread, NULL);
  CHECK(test_same(&consumer.data, &slow_producer.data));
  free(consumer.data.data);
  free(slow_producer.data.data);
  free(fast_producer.data.data);
}

/* A tee whose reader goes, at once or while it is full, is dropped; a duplicate of its descriptor must not matter. */
static void test_closed_tee_is_dropped(void) {
  int out[2], gone[2], full[2];
  int log = test_temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  test_make_pipe(out);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gone) == 0);
  test_make_pipe(full);
  int duplicate = dup(gone[1]);
  struct producer producer = {.fd = out[1], .data = test_make_output(1 << 20, 7), .step = 4000};
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  CHECK(tsker_pump_tee(id, gone[1], TSKER_TEE_STDOUT) == 0);
  CHECK(tsker_pump_tee(id, full[1], TSKER_TEE_STDOUT) == 0);
  close(gone[0]);
  pthread_t thread = test_start_producer(&producer);
  CHECK(test_pump_event(50).type == 0); /* held by the full tee */
  close(full[0]);
  test_pump_wait(id, TSKER_EV_STREAM);
  pthread_join(thread, NULL);
  struct bytes all = test_read_from_start(log);
  test_decode_log(&all, streams);
  CHECK(test_same(&streams[0], &producer.data));
  free(all.data);
  free(streams[0].data);
  free(producer.data.data);
  close(log);
  close(duplicate);
}

int main(void) {
  test_pump_start();
  test_tees();
  test_full_tee_holds_its_pump_only();
  test_closed_tee_is_dropped();
  puts("pump_tee_test: ok");
  return 0;
}
