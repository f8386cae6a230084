/* SPDX-License-Identifier: Apache-2.0
 *
 * See fault.h.
 */
#include "layer/fault.h"

#include <stdarg.h>
#include <stdio.h>

int tsk_fault(struct tsk_fault *fault, int stage, int error, const char *format, ...) {
  if (fault->error != 0) return error;
  fault->error = error;
  fault->stage = stage;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(fault->message, sizeof fault->message, format, arguments);
  va_end(arguments);
  for (unsigned char *c = (unsigned char *)fault->message; *c != 0; c++)
    if (*c < 0x20 || *c == 0x7f) *c = '?';
  return error;
}
