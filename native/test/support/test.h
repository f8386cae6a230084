/* SPDX-License-Identifier: Apache-2.0
 *
 * A test program of native/test: cases are functions, CHECK aborts the case's program with file and line. Not part of
 * anything that is shipped.
 */
#ifndef TSK_TEST_H
#define TSK_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "common/plan.h"

#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      fprintf(stderr, "%s:%d: CHECK(%s) failed\n", __FILE__, __LINE__, #condition);       \
      exit(1);                                                                            \
    }                                                                                     \
  } while (0)

#define CHECK_INT(actual, expected)                                                       \
  do {                                                                                    \
    const long long a_ = (long long)(actual), e_ = (long long)(expected);                 \
    if (a_ != e_) {                                                                       \
      fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, #actual, a_, e_); \
      exit(1);                                                                            \
    }                                                                                     \
  } while (0)

struct test {
  const char *title;
  void (*run)(void);
};

/* Runs each case in this process, prints one line per case; the exit code of main. */
int test_run(const struct test *tests, size_t count);
#define TEST_MAIN(tests) \
  int main(void) { return test_run(tests, sizeof(tests) / sizeof *(tests)); }

/* A fresh directory, removed when the program ends well. */
const char *test_directory(void);
/* "<fresh directory>/<name>" in a buffer of its own. */
char *test_path(const char *name);

/* ---- plans ---- */
struct test_plan {
  uint8_t *bytes;
  uint32_t size;
};
struct test_plan test_plan_new(uint16_t flags);
void test_plan_free(struct test_plan *plan);
/* Appends an operation; arguments as its signature says: u and i as uint64_t, s as const char *, b as pointer and
 * uint32_t size, v as NULL-terminated const char *const *. */
void test_plan_add(struct test_plan *plan, enum tsker_op op, ...);
/* Flags and tolerated errno of the last operation appended. */
void test_plan_last(struct test_plan *plan, uint8_t flags, uint8_t tolerate);

#endif
