/* SPDX-License-Identifier: Apache-2.0
 *
 * Valid plans of every shape, for the decoder's tests and as seeds of its fuzzer.
 */
#ifndef TSK_TEST_SAMPLES_H
#define TSK_TEST_SAMPLES_H

#include "test/support/test.h"

struct sample {
  const char *name;
  enum tsk_scope scope;
  struct test_plan (*make)(void);
};
extern const struct sample test_samples[];
extern const size_t test_sample_count;

#endif
