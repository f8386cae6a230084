/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams for the pump's tests: who writes and who reads them, files that become logs, the log taken apart,
 * the event pipe.
 */
#ifndef TSK_TEST_STREAMS_H
#define TSK_TEST_STREAMS_H

#include <pthread.h>
#include <stdatomic.h>

#include "lib/pump.h"
#include "test/support/test.h"

/* Starts the library without a helper that could be executed, and ignores SIGPIPE. */
void test_pump_start(void);
/* The next event within so many milliseconds; type 0 when there is none. */
struct tsker_event test_pump_event(int milliseconds);
/* The next event, which must be of this id and type. */
struct tsker_event test_pump_wait(uint64_t id, uint32_t type);

struct bytes {
  uint8_t *data;
  size_t size;
  size_t capacity;
};
void test_append(struct bytes *to, const void *data, size_t size);
bool test_same(const struct bytes *a, const struct bytes *b);
/* Lines of many lengths, empty and very long ones, with every kind of character that is escaped. */
struct bytes test_make_output(size_t size, unsigned seed);

void test_make_pipe(int ends[2]);
/* For appending, without a name. */
int test_temporary_file(void);
struct bytes test_read_from_start(int fd);
void test_write_fully(int fd, const uint8_t *data, size_t size);
/* Undoes the records of a log: their texts go to `out` of their streams. */
void test_decode_log(const struct bytes *log, struct bytes out[2]);

struct producer {
  int fd;
  struct bytes data;
  size_t step; /* bytes a write, at most */
  atomic_size_t written;
};
/* A thread that writes the data and closes the descriptor. */
pthread_t test_start_producer(struct producer *producer);

struct consumer {
  int fd;
  struct bytes data;
};
/* Reads until the end, as a thread or a function. */
void *test_consume(void *consumer);

#endif
