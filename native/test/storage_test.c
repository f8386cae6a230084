/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations of graphdrivers as far as any kernel has them: loop devices by inode, and what is told where there is no btrfs
 * and no device mapper. The rest is the conformance suite of the drivers.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ops.h"
#include "test/support/test.h"

#define U(value) ((uint64_t)(value))

static int run_plan(struct test_plan *bytes) {
  struct tsk_context context = TSK_CONTEXT;
  struct tsk_plan plan;
  struct tsk_op op;
  int result;
  CHECK_INT(tsk_plan_check(&plan, bytes->bytes, bytes->size, TSK_ON_HOST, NULL), 0);
  CHECK_INT(tsk_plan_next(&plan, &op), 1);
  result = tsk_op_run(&context, &op);
  test_plan_free(bytes);
  return result;
}

#define RUN(...)                            \
  ({                                        \
    struct test_plan plan_ = test_plan_new(0); \
    test_plan_add(&plan_, __VA_ARGS__);     \
    run_plan(&plan_);                       \
  })

static char *path_of(const char *name) {
  static char paths[8][512];
  static size_t turn;
  char *path = paths[turn++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", test_directory(), name);
  return path;
}

/* What an operation writes to its descriptor. */
static int read_number(const char *path, char *out, size_t size) {
  int ends[2];
  int error;
  ssize_t got;
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  error = RUN(TSKER_OP_LOOP_ATTACH, path, U(ends[1]));
  close(ends[1]);
  got = read(ends[0], out, size - 1);
  out[got > 0 ? got : 0] = '\0';
  close(ends[0]);
  return error;
}

static char *make_file(const char *name, off_t size) {
  char *path = path_of(name);
  int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  CHECK(fd >= 0 && ftruncate(fd, size) == 0);
  close(fd);
  return path;
}

static void loops_are_known_by_inode(void) {
  char first[32], again[32], other[32];
  char *one = make_file("one", 1 << 20), *two = make_file("two", 1 << 20);
  CHECK_INT(read_number(one, first, sizeof first), 0);
  CHECK(strncmp(first, "7:", 2) == 0 && first[strlen(first) - 1] == '\n');
  CHECK_INT(read_number(one, again, sizeof again), 0);
  CHECK(strcmp(first, again) == 0);
  CHECK_INT(read_number(two, other, sizeof other), 0);
  CHECK(strcmp(first, other) != 0);
  CHECK_INT(RUN(TSKER_OP_LOOP_DETACH, one), 0);
  CHECK_INT(RUN(TSKER_OP_LOOP_DETACH, one), -ENOENT);
  CHECK_INT(RUN(TSKER_OP_LOOP_DETACH, two), 0);
  CHECK_INT(RUN(TSKER_OP_LOOP_DETACH, path_of("none")), -ENOENT);
}

static void names_of_devices_are_plain(void) {
  char name[256];
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  CHECK_INT(RUN(TSKER_OP_DM_REMOVE, "a/b", U(0)), -EINVAL);
  CHECK_INT(RUN(TSKER_OP_DM_MESSAGE, name, "x"), -EINVAL);
  CHECK_INT(RUN(TSKER_OP_DM_DISCARD, "../sda"), -EINVAL);
}

static void subvolumes_need_btrfs(void) {
  char *directory = path_of("directory");
  CHECK(mkdir(directory, 0700) == 0);
  CHECK_INT(RUN(TSKER_OP_SUBVOLUME, "none"), -EINVAL);
  CHECK(RUN(TSKER_OP_SUBVOLUME, path_of("new")) < 0);
  CHECK(RUN(TSKER_OP_SNAPSHOT, directory, path_of("copy")) < 0);
  CHECK(RUN(TSKER_OP_SUBVOLUME_DELETE, directory) < 0);
  CHECK(access(directory, F_OK) == 0);
}

static const struct test tests[] = {
    {"a file is one loop device, however often it is asked for, and detached once", loops_are_known_by_inode},
    {"names of mapped devices lead nowhere else", names_of_devices_are_plain},
    {"elsewhere than on btrfs there are no subvolumes, and nothing is deleted", subvolumes_need_btrfs},
};
TEST_MAIN(tests)
