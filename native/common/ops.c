/* SPDX-License-Identifier: Apache-2.0
 *
 * From an operation's number to its function. Compiled once for the library and once (TSK_HELPER) for the helper, so that
 * neither carries what only the other may run; the decoder has refused those before.
 */
#include "common/ops.h"

#include <errno.h>
#include <stddef.h>

#ifdef TSK_HELPER
#define RUNS_HERE(scope) ((scope) != 'D')
#else
#define RUNS_HERE(scope) ((scope) != 'H')
#endif

static int (*const functions[])(struct tsk_context *, const struct tsk_op *) = {
#define X(name, number, signature, scope) [number] = RUNS_HERE(scope) ? tsk_do_##name : NULL,
    TSKER_OPS(X)
#undef X
};

int tsk_op_run(struct tsk_context *context, const struct tsk_op *op) {
  int error;
  if (op->op >= sizeof functions / sizeof *functions || functions[op->op] == NULL)
    return -ENOSYS;
  error = functions[op->op](context, op);
  return error < 0 && error != -(int)op->tolerate ? error : 0;
}
