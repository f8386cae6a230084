/* SPDX-License-Identifier: Apache-2.0
 *
 * Valid plans; see samples.h.
 */
#include "test/support/samples.h"

#include <errno.h>

#define U(value) ((uint64_t)(value))

static struct test_plan empty(void) { return test_plan_new(0); }

static struct test_plan traced(void) {
  struct test_plan plan = test_plan_new(TSKER_PLAN_TRACE);
  test_plan_add(&plan, TSKER_OP_UMASK, U(022));
  return plan;
}

static struct test_plan program(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_EXEC, (const char *const[]){"sh", "-c", "exit 0", "", NULL},
                (const char *const[]){"PATH=/bin", "A", NULL}, U(TSKER_EXEC_INIT));
  return plan;
}

static struct test_plan mounts(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_ROOT, "/root");
  test_plan_add(&plan, TSKER_OP_MOUNT, "overlay", "/merged", "overlay", U(0), "lowerdir=/a:/b,upperdir=/u,workdir=/w");
  test_plan_add(&plan, TSKER_OP_BIND, "/source", "/a/b", U(TSKER_BIND_REC | TSKER_BIND_RDONLY), U(0));
  test_plan_last(&plan, TSKER_OPF_IN_ROOT, 0);
  test_plan_add(&plan, TSKER_OP_MOUNT_ATTR, "/proc/sys", U(1), U(0), U(1));
  test_plan_last(&plan, TSKER_OPF_IN_ROOT | TSKER_OPF_OPTIONAL, ENOENT);
  test_plan_add(&plan, TSKER_OP_PIVOT);
  return plan;
}

static struct test_plan blobs(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_PUTFILE, "/f", U(0644), "five!", 5u);
  test_plan_add(&plan, TSKER_OP_SETXATTR, "/f", "user.a", "", 0u);
  test_plan_add(&plan, TSKER_OP_NETLINK, (uint64_t)(int64_t)-1, U(0), "\x14\0\0\0\x12\0\1\0\1\0\0\0\0\0\0\0\0\0\0", 20u);
  test_plan_add(&plan, TSKER_OP_SECCOMP, U(0), "\6\0\0\0\0\0\xff\x7f", 8u);
  test_plan_add(&plan, TSKER_OP_USER, U(1000), U(1000), "\1\0\0\0\2\0\0\0", 8u);
  return plan;
}

/* USER, SECCOMP are the helper's alone, RMTREE and the cgroup operations the daemon's. */
static struct test_plan clean_up(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_CGROUP_KILL, "/sys/fs/cgroup/x", U(1000));
  test_plan_last(&plan, TSKER_OPF_OPTIONAL, ENOENT);
  test_plan_add(&plan, TSKER_OP_CGROUP_REMOVE, "/sys/fs/cgroup/x");
  test_plan_add(&plan, TSKER_OP_UMOUNT, "/merged", U(2));
  test_plan_add(&plan, TSKER_OP_RMTREE, "/merged");
  test_plan_last(&plan, 0, ENOENT);
  return plan;
}

const struct sample test_samples[] = {
    {"empty", TSK_IN_HELPER, empty},   {"traced", TSK_IN_HELPER, traced}, {"program", TSK_IN_HELPER, program},
    {"mounts", TSK_IN_HELPER, mounts}, {"blobs", TSK_IN_HELPER, blobs},   {"clean-up", TSK_ON_HOST, clean_up},
};
const size_t test_sample_count = sizeof test_samples / sizeof *test_samples;
