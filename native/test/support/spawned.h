/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests of tsker_spawn expect of the process they spawned.
 */
#ifndef TSK_TEST_SPAWNED_H
#define TSK_TEST_SPAWNED_H

#include "test/support/daemon.h"

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_ENV ((const char *const[]){NULL})
#define U(value) ((uint64_t)(value))

/* EXEC without an environment. */
void test_add_exec(struct test_plan *plan, const char *const *argv);

void test_expect_executed(const struct test_child *child);
/* Its end, with a CLD_ code; closes the pidfd. */
void test_expect_exit(const struct test_child *child, int code, int status);
/* The failure of the plan's operation `index`, and the end of the helper. */
void test_expect_failure(const struct test_child *child, int index, int error);

#endif
