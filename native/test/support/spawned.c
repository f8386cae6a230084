/* SPDX-License-Identifier: Apache-2.0
 *
 * See spawned.h.
 */
#include "test/support/spawned.h"

#include <signal.h>
#include <unistd.h>

void test_add_exec(struct test_plan *plan, const char *const *argv) {
  test_plan_add(plan, TSKER_OP_EXEC, argv, NO_ENV, U(0));
}

void test_expect_exit(const struct test_child *child, int code, int status) {
  struct tsker_event event = test_outcome_of(child->id);
  CHECK_INT(event.type, TSKER_EV_EXITED);
  CHECK_INT(event.b, code);
  CHECK_INT(event.a, status);
  CHECK(event.ns > 0);
  close(child->pidfd);
}

void test_expect_executed(const struct test_child *child) {
  CHECK_INT(test_outcome_of(child->id).type, TSKER_EV_EXECED);
}

void test_expect_failure(const struct test_child *child, int index, int error) {
  struct tsker_event event = test_outcome_of(child->id);
  CHECK_INT(event.type, TSKER_EV_FAILED);
  CHECK_INT(event.a, index);
  CHECK_INT(event.b, error);
  test_expect_exit(child, CLD_EXITED, 125);
}
