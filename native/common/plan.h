/* SPDX-License-Identifier: Apache-2.0
 *
 * The decoder of launch plans (format: tsker.h). It trusts no length, count or terminator, allocates nothing, and does
 * not know what operations do (ops.h).
 */
#ifndef TSK_PLAN_H
#define TSK_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tsker.h"

#define TSK_MAX_ARGS 5

/* In the helper's environment when it has the priority of the thread that waits until it is executed, and no longer. */
#define TSK_HELPER_LENT "TSKER_LENT"

enum tsk_scope { TSK_IN_HELPER, TSK_ON_HOST };

/* A decoded argument; which members count follows from the signature's letter. Pointers lead into the plan. */
struct tsk_arg {
  union {
    uint64_t u;        /* u */
    int64_t i;         /* i */
    const char *s;     /* s: NUL-terminated, no NUL within */
    const uint8_t *b;  /* b: 4-byte aligned when the plan is */
  };
  uint32_t size; /* s, b: bytes without the NUL; v: number of strings, the first of them at b */
};

struct tsk_op {
  uint16_t op;
  uint8_t flags;
  uint8_t tolerate;
  uint32_t index;
  struct tsk_arg args[TSK_MAX_ARGS];
};

struct tsk_plan {
  struct tsker_plan_header header;
  enum tsk_scope scope;
  const uint8_t *next;
  const uint8_t *end;
  uint32_t index;
};

/* Reads the header and every operation once. 0, or -EINVAL (with the index of the offending operation in *failed, or
 * UINT32_MAX for the header, when failed is given), -EPROTO for another version, -E2BIG beyond the limits. After 0 the
 * plan stands before its first operation. */
int tsk_plan_check(struct tsk_plan *plan, const uint8_t *bytes, size_t size, enum tsk_scope scope, uint32_t *failed);

/* Decodes the next operation: 1, 0 at the end, or -EINVAL. */
int tsk_plan_next(struct tsk_plan *plan, struct tsk_op *op);

/* Writes pointers to a vector's strings into out (arg->size of them) and a NULL after them. */
void tsk_vector(const struct tsk_arg *arg, const char **out);

/* The row of TSKER_OPS: NULL for a number that is not an operation. */
const char *tsk_op_name(uint32_t op);

#endif
