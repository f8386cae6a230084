/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of the plan decoder. First byte: the scope; the rest: the plan, in an allocation of its own size. What is
 * accepted is walked as the executors walk it, every argument read to its end.
 */
#include <stdlib.h>
#include <string.h>

#include "common/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

static const char *const signatures[] = {
#define X(name, number, signature, scope) [number] = signature,
    TSKER_OPS(X)
#undef X
};

static void read_vector(const struct tsk_arg *arg) {
  const char **strings = malloc(((size_t)arg->size + 1) * sizeof *strings);
  if (strings == NULL)
    abort();
  tsk_vector(arg, strings);
  for (uint32_t i = 0; i < arg->size; i++)
    sink += strlen(strings[i]);
  if (strings[arg->size] != NULL)
    abort();
  free(strings);
}

static void read_argument(char letter, const struct tsk_arg *arg) {
  switch (letter) {
  case 's':
    if (strlen(arg->s) != arg->size)
      abort();
    break;
  case 'b':
    for (uint32_t i = 0; i < arg->size; i++)
      sink += arg->b[i];
    break;
  case 'v':
    read_vector(arg);
    break;
  default:
    sink += arg->u;
  }
}

static void walk(struct tsk_plan *plan) {
  struct tsk_op op;
  uint32_t count = 0;
  int result;
  while ((result = tsk_plan_next(plan, &op)) > 0) {
    const char *letter = signatures[op.op];
    if (op.index != count++ || tsk_op_name(op.op) == NULL)
      abort();
    for (size_t i = 0; letter[i] != '\0'; i++)
      read_argument(letter[i], &op.args[i]);
  }
  if (result != 0 || count != plan->header.count)
    abort(); /* what was checked once decodes again */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct tsk_plan plan;
  uint8_t *copy;
  if (size < 1)
    return 0;
  copy = malloc(size - 1 > 0 ? size - 1 : 1);
  if (copy == NULL)
    return 0;
  memcpy(copy, data + 1, size - 1);
  if (tsk_plan_check(&plan, copy, size - 1, (data[0] & 1) != 0 ? TSK_ON_HOST : TSK_IN_HELPER, NULL) == 0)
    walk(&plan);
  free(copy);
  return 0;
}
