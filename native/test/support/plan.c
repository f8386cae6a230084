/* SPDX-License-Identifier: Apache-2.0
 *
 * An encoder of launch plans for tests: the C twin of src/native's, driven by the signatures of TSKER_OPS.
 */
#include <stdarg.h>
#include <string.h>

#include "test/support/test.h"

static const char *const signatures[] = {
#define X(name, number, signature, scope) [number] = signature,
    TSKER_OPS(X)
#undef X
};

static void put(struct test_plan *plan, const void *bytes, uint32_t size, uint32_t padded) {
  struct tsker_plan_header *header;
  plan->bytes = realloc(plan->bytes, plan->size + padded);
  CHECK(plan->bytes != NULL);
  memset(plan->bytes + plan->size, 0, padded);
  if (size > 0)
    memcpy(plan->bytes + plan->size, bytes, size);
  plan->size += padded;
  header = (struct tsker_plan_header *)plan->bytes;
  header->size = plan->size;
}

static void put_u32(struct test_plan *plan, uint32_t value) { put(plan, &value, 4, 4); }

static void put_string(struct test_plan *plan, const char *text) {
  const uint32_t size = (uint32_t)strlen(text);
  put_u32(plan, size);
  put(plan, text, size, (size + 1 + 3) & ~3u);
}

static void put_vector(struct test_plan *plan, const char *const *strings) {
  uint32_t count = 0;
  while (strings[count] != NULL)
    count++;
  put_u32(plan, count);
  for (uint32_t i = 0; i < count; i++)
    put_string(plan, strings[i]);
}

static void put_argument(struct test_plan *plan, char letter, va_list *list) {
  if (letter == 'u' || letter == 'i') {
    const uint64_t value = va_arg(*list, uint64_t);
    put(plan, &value, 8, 8);
  } else if (letter == 's') {
    put_string(plan, va_arg(*list, const char *));
  } else if (letter == 'v') {
    put_vector(plan, va_arg(*list, const char *const *));
  } else {
    const void *bytes = va_arg(*list, const void *);
    const uint32_t size = va_arg(*list, uint32_t);
    put_u32(plan, size);
    put(plan, bytes, size, (size + 3) & ~3u);
  }
}

struct test_plan test_plan_new(uint16_t flags) {
  const struct tsker_plan_header header = {.magic = TSKER_PLAN_MAGIC, .version = TSKER_ABI, .flags = flags};
  struct test_plan plan = {.bytes = calloc(1, sizeof header)};
  CHECK(plan.bytes != NULL);
  plan.size = sizeof header;
  memcpy(plan.bytes, &header, sizeof header);
  ((struct tsker_plan_header *)plan.bytes)->size = plan.size;
  return plan;
}

void test_plan_free(struct test_plan *plan) {
  free(plan->bytes);
  plan->bytes = NULL;
}

/* Where the last operation begins. */
static uint32_t last_operation(const struct test_plan *plan) {
  uint32_t at = sizeof(struct tsker_plan_header);
  for (;;) {
    struct tsker_op_header header;
    memcpy(&header, plan->bytes + at, sizeof header);
    if (at + sizeof header + header.size >= plan->size)
      return at;
    at += (uint32_t)sizeof header + header.size;
  }
}

void test_plan_add(struct test_plan *plan, enum tsker_op op, ...) {
  struct tsker_op_header header = {.op = (uint16_t)op};
  const uint32_t begin = plan->size;
  va_list list;
  put(plan, &header, sizeof header, sizeof header);
  va_start(list, op);
  for (const char *letter = signatures[op]; *letter != '\0'; letter++)
    put_argument(plan, *letter, &list);
  va_end(list);
  header.size = plan->size - begin - (uint32_t)sizeof header;
  memcpy(plan->bytes + begin, &header, sizeof header);
  ((struct tsker_plan_header *)plan->bytes)->count++;
}

void test_plan_last(struct test_plan *plan, uint8_t flags, uint8_t tolerate) {
  const uint32_t at = last_operation(plan);
  struct tsker_op_header header;
  memcpy(&header, plan->bytes + at, sizeof header);
  header.flags = flags;
  header.tolerate = tolerate;
  memcpy(plan->bytes + at, &header, sizeof header);
}
