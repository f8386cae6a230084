/* SPDX-License-Identifier: Apache-2.0
 *
 * Pumps into sinks for the tests of sinks: logs of a test's own, and a writer of numbered lines.
 */
#ifndef TSK_TEST_SINKS_H
#define TSK_TEST_SINKS_H

#include <pthread.h>

#include "lib/pump.h"
#include "test/support/daemon.h"
#include "test/support/test.h"

enum { LINE = 100 };

/* The last id that was given to a sink or a pump. */
extern uint64_t test_last_id;

struct writer {
  int fd;
  unsigned lines;
};
/* A thread that writes numbered lines of LINE bytes, as fast as they are taken, and closes the descriptor. */
pthread_t test_start_writer(struct writer *writer);

/* The new log's id. */
uint64_t test_open_log(const char *path, uint64_t max_size, uint32_t max_files, uint32_t flags);
/* For a log of the test's own. */
const char *test_fresh_path(void);

/* A pump into `sink`; *writer is the other end of its stdout. */
uint64_t test_start_pump(uint64_t sink, int *writer);
void test_wait_for_end(uint64_t pump);

#endif
