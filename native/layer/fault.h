/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong in a layer operation: stage, errno and a sentence that names the entry.
 */
#ifndef TSK_LAYER_FAULT_H
#define TSK_LAYER_FAULT_H

#include <stdint.h>

#include "tsker.h"

struct tsk_fault {
  int32_t error; /* negative errno, 0: none */
  int32_t stage; /* enum tsker_extract_stage */
  char message[512];
};

/* Fills `fault` unless it holds an earlier one; returns `error`, a negative errno. Bytes that would garble a terminal or
 * a log (names come from the archive) are replaced. */
int tsk_fault(struct tsk_fault *fault, int stage, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
