/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan decoder. Every input is an allocation of its exact size, so that the sanitizer sees one byte read too many.
 * With TSKER_CORPUS=<directory> the sample plans are written there, as seeds of the fuzzer (`make corpus`).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "test/support/samples.h"

#define U(value) ((uint64_t)(value))

static int check_copy(const uint8_t *bytes, uint32_t size, enum tsk_scope scope, uint32_t *failed) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  struct tsk_plan plan;
  int result;
  CHECK(copy != NULL);
  memcpy(copy, bytes, size);
  result = tsk_plan_check(&plan, copy, size, scope, failed);
  free(copy);
  return result;
}

static void samples_are_accepted(void) {
  for (size_t i = 0; i < test_sample_count; i++) {
    struct test_plan plan = test_samples[i].make();
    CHECK_INT(check_copy(plan.bytes, plan.size, test_samples[i].scope, NULL), 0);
    test_plan_free(&plan);
  }
}

static void truncations_are_refused(void) {
  for (size_t i = 0; i < test_sample_count; i++) {
    struct test_plan plan = test_samples[i].make();
    for (uint32_t size = 0; size < plan.size; size++) {
      CHECK_INT(check_copy(plan.bytes, size, test_samples[i].scope, NULL), -EINVAL);
      if (size < sizeof(struct tsker_plan_header))
        continue;
      /* also with a header that admits to the size */
      struct tsker_plan_header header;
      memcpy(&header, plan.bytes, sizeof header);
      header.size = size;
      memcpy(plan.bytes, &header, sizeof header);
      CHECK_INT(check_copy(plan.bytes, size, test_samples[i].scope, NULL), -EINVAL);
      header.size = plan.size;
      memcpy(plan.bytes, &header, sizeof header);
    }
    test_plan_free(&plan);
  }
}

/* Whatever a byte becomes, the decoder must come back; most changes are refused, none may crash. */
static void any_byte_may_change(void) {
  for (size_t i = 0; i < test_sample_count; i++) {
    struct test_plan plan = test_samples[i].make();
    for (uint32_t at = 0; at < plan.size; at++) {
      static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
      const uint8_t saved = plan.bytes[at];
      for (size_t v = 0; v < sizeof values; v++) {
        plan.bytes[at] = values[v];
        check_copy(plan.bytes, plan.size, test_samples[i].scope, NULL);
      }
      plan.bytes[at] = saved;
    }
    test_plan_free(&plan);
  }
}

static void arguments_are_decoded(void) {
  struct test_plan bytes = test_plan_new(0);
  struct tsk_plan plan;
  struct tsk_op op;
  const char *strings[4];
  test_plan_add(&bytes, TSKER_OP_PUTFILE, "/path", U(0640), "abc", 3u);
  test_plan_last(&bytes, TSKER_OPF_OPTIONAL, ENOENT);
  test_plan_add(&bytes, TSKER_OP_NICE, (uint64_t)(int64_t)-5);
  test_plan_add(&bytes, TSKER_OP_EXEC, (const char *const[]){"a", "", "ccccc", NULL}, (const char *const[]){NULL}, U(0));
  CHECK_INT(tsk_plan_check(&plan, bytes.bytes, bytes.size, TSK_IN_HELPER, NULL), 0);
  CHECK_INT(tsk_plan_next(&plan, &op), 1);
  CHECK(op.op == TSKER_OP_PUTFILE && op.index == 0 && op.flags == TSKER_OPF_OPTIONAL && op.tolerate == ENOENT);
  CHECK(strcmp(op.args[0].s, "/path") == 0 && op.args[0].size == 5);
  CHECK(op.args[1].u == 0640 && op.args[2].size == 3 && memcmp(op.args[2].b, "abc", 3) == 0);
  CHECK_INT(tsk_plan_next(&plan, &op), 1);
  CHECK(op.args[0].i == -5 && op.index == 1);
  CHECK_INT(tsk_plan_next(&plan, &op), 1);
  CHECK(op.args[0].size == 3 && op.args[1].size == 0);
  tsk_vector(&op.args[0], strings);
  CHECK(strcmp(strings[0], "a") == 0 && strings[1][0] == '\0' && strcmp(strings[2], "ccccc") == 0 && strings[3] == NULL);
  CHECK_INT(tsk_plan_next(&plan, &op), 0);
  test_plan_free(&bytes);
}

/* One operation made wrong in one way: the bytes of the plan after the encoder has done its work. */
static void refuse(struct test_plan *plan, enum tsk_scope scope, uint32_t index) {
  uint32_t failed = 0;
  CHECK_INT(check_copy(plan->bytes, plan->size, scope, &failed), -EINVAL);
  CHECK_INT(failed, index);
  test_plan_free(plan);
}

static const uint32_t FIRST_OP = sizeof(struct tsker_plan_header);
static const uint32_t FIRST_ARG = sizeof(struct tsker_plan_header) + sizeof(struct tsker_op_header);

static void strings_are_strict(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_CHDIR, "abcde");
  plan.bytes[FIRST_ARG + 4 + 2] = '\0'; /* a NUL within */
  refuse(&plan, TSK_IN_HELPER, 0);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_CHDIR, "abcde");
  plan.bytes[FIRST_ARG + 4 + 5] = 'x'; /* no NUL at the end */
  refuse(&plan, TSK_IN_HELPER, 0);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_CHDIR, "abcde");
  plan.bytes[FIRST_ARG + 4 + 7] = 'x'; /* padding that is not zero */
  refuse(&plan, TSK_IN_HELPER, 0);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_CHDIR, "abcde");
  memset(plan.bytes + FIRST_ARG, 0xff, 4); /* a length that overflows */
  refuse(&plan, TSK_IN_HELPER, 0);
}

static void counts_are_not_trusted(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_EXEC, (const char *const[]){"a", NULL}, (const char *const[]){NULL}, U(0));
  memset(plan.bytes + FIRST_ARG, 0xff, 4);
  refuse(&plan, TSK_IN_HELPER, 0);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_SETSID);
  plan.bytes[8] = 2; /* count: one operation more than there is */
  refuse(&plan, TSK_IN_HELPER, 1);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_SETSID);
  test_plan_add(&plan, TSKER_OP_SETSID);
  plan.bytes[8] = 1; /* and one less: bytes left over */
  refuse(&plan, TSK_IN_HELPER, UINT32_MAX);
}

static void scopes_are_kept(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_RMTREE, "/x");
  refuse(&plan, TSK_IN_HELPER, 0);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_MKDIR, "/x", U(0));
  test_plan_add(&plan, TSKER_OP_SETSID);
  refuse(&plan, TSK_ON_HOST, 1);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_MKDIR, "/x", U(0));
  test_plan_last(&plan, TSKER_OPF_IN_ROOT, 0); /* the daemon has no root to be in */
  refuse(&plan, TSK_ON_HOST, 0);
}

static void flags_are_known_or_refused(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_MKDIR, "/x", U(0));
  test_plan_last(&plan, 4, 0);
  refuse(&plan, TSK_IN_HELPER, 0);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_RENAME, "/x", "/y");
  test_plan_last(&plan, TSKER_OPF_IN_ROOT, 0); /* RENAME would not honour it */
  refuse(&plan, TSK_IN_HELPER, 0);

  plan = test_plan_new(2);
  refuse(&plan, TSK_IN_HELPER, UINT32_MAX);
}

static void numbers_are_known_or_refused(void) {
  static const uint8_t unknown[] = {0, 200, 255};
  for (size_t i = 0; i < sizeof unknown; i++) {
    struct test_plan plan = test_plan_new(0);
    test_plan_add(&plan, TSKER_OP_SETSID);
    plan.bytes[FIRST_OP] = unknown[i];
    refuse(&plan, TSK_IN_HELPER, 0);
  }
}

static void exec_is_last_and_has_a_program(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_EXEC, (const char *const[]){"a", NULL}, (const char *const[]){NULL}, U(0));
  test_plan_add(&plan, TSKER_OP_SETSID);
  refuse(&plan, TSK_IN_HELPER, 0);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_EXEC, (const char *const[]){NULL}, (const char *const[]){NULL}, U(0));
  refuse(&plan, TSK_IN_HELPER, 0);
}

static void headers_are_checked(void) {
  struct test_plan plan = test_plan_new(0);
  plan.bytes[0] ^= 1;
  CHECK_INT(check_copy(plan.bytes, plan.size, TSK_IN_HELPER, NULL), -EINVAL);
  plan.bytes[0] ^= 1;
  plan.bytes[4]++;
  CHECK_INT(check_copy(plan.bytes, plan.size, TSK_IN_HELPER, NULL), -EPROTO);
  plan.bytes[4]--;
  memset(plan.bytes + 8, 0xff, 4);
  CHECK_INT(check_copy(plan.bytes, plan.size, TSK_IN_HELPER, NULL), -E2BIG);
  test_plan_free(&plan);
}

static void write_corpus(const char *directory) {
  for (size_t i = 0; i < test_sample_count; i++) {
    struct test_plan plan = test_samples[i].make();
    const uint8_t scope = (uint8_t)test_samples[i].scope;
    char *path;
    int fd;
    CHECK(asprintf(&path, "%s/%s", directory, test_samples[i].name) > 0);
    fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    CHECK(fd >= 0 && write(fd, &scope, 1) == 1 && write(fd, plan.bytes, plan.size) == (ssize_t)plan.size);
    close(fd);
    free(path);
    test_plan_free(&plan);
  }
}

static const struct test tests[] = {
    {"valid plans are accepted", samples_are_accepted},
    {"arguments of every kind are decoded", arguments_are_decoded},
    {"every truncation of a valid plan is refused", truncations_are_refused},
    {"no changed byte crashes the decoder", any_byte_may_change},
    {"strings end where they say and are padded with zeros", strings_are_strict},
    {"counts are not trusted", counts_are_not_trusted},
    {"operations of the other interpreter are refused", scopes_are_kept},
    {"unknown flags, and IN_ROOT where it means nothing, are refused", flags_are_known_or_refused},
    {"unknown operations are refused", numbers_are_known_or_refused},
    {"EXEC is last and names a program", exec_is_last_and_has_a_program},
    {"headers are checked", headers_are_checked},
};

int main(void) {
  const char *corpus = getenv("TSKER_CORPUS");
  if (corpus != NULL) {
    write_corpus(corpus);
    return 0;
  }
  return test_run(tests, sizeof tests / sizeof *tests);
}
