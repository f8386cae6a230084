/* SPDX-License-Identifier: Apache-2.0
 *
 * The reading of seccomp rules: a profile cut short anywhere is refused, a changed byte never does harm. What a compiled
 * filter does in a program is tested with real programs (test/integration/native-kernel.test.ts).
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/internal.h"

#define CHECK(condition)                                                                                             \
  do {                                                                                                               \
    if (!(condition)) {                                                                                              \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, __func__, #condition);                                  \
      exit(1);                                                                                                       \
    }                                                                                                                \
  } while (0)

static uint8_t rules[256];
static uint32_t size;
static uint8_t program[32768];

static void put32(uint32_t value) {
  memcpy(rules + size, &value, sizeof value);
  size += 4;
}

static void put64(uint64_t value) {
  memcpy(rules + size, &value, sizeof value);
  size += 8;
}

/* Allows all but mkdir, and clone with a flag. */
static void make_profile(void) {
  put32(SCMP_ACT_ALLOW);
  put32(0);
  put32(1);
  put32(seccomp_arch_native());
  put32(2);
  put32(SCMP_ACT_ERRNO(0));
  put32(EPERM);
  put32(7);
  memcpy(rules + size, "mkdirat\0", 8);
  size += 8;
  put32(0);
  put32(SCMP_ACT_ERRNO(0));
  put32(EPERM);
  put32(5);
  memcpy(rules + size, "clone\0\0\0", 8);
  size += 8;
  put32(1);
  put32(0);
  put32(SCMP_CMP_MASKED_EQ);
  put64(0x10000000);
  put64(0x10000000);
}

/* On the heap and of the exact size, so that ASan sees a read beyond it. */
static int32_t compile(const uint8_t *bytes, uint32_t length) {
  uint8_t *copy = malloc(length == 0 ? 1 : length);
  CHECK(copy != NULL);
  memcpy(copy, bytes, length);
  int32_t result = tsk_seccomp_compile(copy, length, program, sizeof program);
  free(copy);
  return result;
}

int main(void) {
  make_profile();
  int32_t whole = compile(rules, size);
  CHECK(whole > 0 && whole % 8 == 0);
  CHECK(tsk_seccomp_compile(rules, size, program, (uint32_t)whole) == whole);
  CHECK(tsk_seccomp_compile(rules, size, program, (uint32_t)whole - 1) == -E2BIG);
  for (uint32_t length = 0; length < size; length++)
    CHECK(compile(rules, length) < 0);
  for (uint32_t at = 0; at < size; at++) {
    rules[at] ^= 0xff;
    compile(rules, size);
    rules[at] ^= 0xff;
  }
  rules[size] = 0;
  CHECK(compile(rules, size + 1) == -EINVAL);
  puts("seccomp_test: ok");
  return 0;
}
