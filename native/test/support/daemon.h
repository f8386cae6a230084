/* SPDX-License-Identifier: Apache-2.0
 *
 * The library as the daemon uses it, for tests: started once, events read from its pipe, spawns of a plan.
 */
#ifndef TSK_TEST_DAEMON_H
#define TSK_TEST_DAEMON_H

#include "test/support/test.h"

/* tsker_start with the helper named by TSKER_INIT; the event pipe is then read by the functions below. */
void test_start(void);

/* The next event, waited for at most ten seconds; the program fails when none comes. */
struct tsker_event test_next_event(void);
/* The next event of `id`; others are kept for later. */
struct tsker_event test_event_of(uint64_t id);
/* Passes TRACE records over: EXECED, FAILED or EXITED. */
struct tsker_event test_outcome_of(uint64_t id);

struct test_child {
  uint64_t id;
  int pid;
  int pidfd;
};
/* Spawns with /dev/null on 0 and 1 and the test's stderr; `spawn` may be NULL, its id, nfds below 3 and fds are filled. */
struct test_child test_spawn(const struct test_plan *plan, const struct tsker_spawn *spawn);

/* Runs a host plan to its end: EV_JOB. */
struct tsker_event test_job(const struct test_plan *plan);

#endif
