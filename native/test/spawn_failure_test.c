/* SPDX-License-Identifier: Apache-2.0
 *
 * How a spawn fails or ends, and what is told of it: by the helper, the reaper and tsker_spawn itself,
 * with the real helper (needs root).
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/support/spawned.h"

static void failure_names_operation(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  test_plan_add(&plan, TSKER_OP_UMASK, U(022));
  test_plan_add(&plan, TSKER_OP_MKDIR, "/nonexistent/a/b", U(0755));
  test_plan_last(&plan, 0, EEXIST);
  test_add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, NULL);
  test_expect_failure(&child, 1, ENOENT);
  test_plan_free(&plan);
}

static void tolerated_is_success(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  test_plan_add(&plan, TSKER_OP_MKDIR, "/nonexistent/a/b", U(0755));
  test_plan_last(&plan, 0, ENOENT);
  test_add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, NULL);
  CHECK_INT(test_event_of(child.id).type, TSKER_EV_EXECED);
  test_expect_exit(&child, CLD_EXITED, 0);
  test_plan_free(&plan);
}

static void optional_goes_on(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  struct tsker_event event;
  test_plan_add(&plan, TSKER_OP_RMDIR, "/nonexistent");
  test_plan_last(&plan, TSKER_OPF_OPTIONAL, 0);
  test_add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, NULL);
  event = test_event_of(child.id);
  CHECK_INT(event.type, TSKER_EV_TRACE);
  CHECK_INT(event.a, 0);
  CHECK_INT(event.b, ENOENT);
  CHECK_INT(test_event_of(child.id).type, TSKER_EV_EXECED);
  test_expect_exit(&child, CLD_EXITED, 0);
  test_plan_free(&plan);
}

static void trace_tells_every_operation(void) {
  struct test_plan plan = test_plan_new(TSKER_PLAN_TRACE);
  struct test_child child;
  enum { COUNT = 6000 }; /* more than a pipe holds */
  for (int i = 0; i < COUNT; i++)
    test_plan_add(&plan, TSKER_OP_UMASK, U(022));
  test_plan_add(&plan, TSKER_OP_CHDIR, "/nonexistent");
  test_add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, NULL);
  for (int i = 0; i <= COUNT; i++) {
    struct tsker_event event = test_event_of(child.id);
    CHECK_INT(event.type, TSKER_EV_TRACE);
    CHECK_INT(event.a, i);
    CHECK_INT(event.b, i == COUNT ? ENOENT : 0);
  }
  test_expect_failure(&child, COUNT, ENOENT);
  test_plan_free(&plan);
}

static void kill_by_pidfd(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  test_add_exec(&plan, ARGV("sleep", "100"));
  child = test_spawn(&plan, NULL);
  test_expect_executed(&child);
  CHECK_INT(tsker_signal(child.pidfd, SIGTERM), 0);
  test_expect_exit(&child, CLD_KILLED, SIGTERM);
  test_plan_free(&plan);
}

/* Killed before its program was executed: that is a failed start, not an execution. */
static void killed_in_setup(void) {
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = {.cgroup_fd = -1, .pidns_fd = -1, .nfds = 4, .fds = {2, 2, 2}};
  struct test_child child;
  struct tsker_event event;
  int ends[2];
  CHECK_INT(tsker_pair(0, 0, ends), 0);
  spawn.fds[3] = ends[0];
  test_plan_add(&plan, TSKER_OP_WAIT, U(TSKER_SLOT_FIRST));
  test_add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, &spawn);
  CHECK_INT(tsker_signal(child.pidfd, SIGKILL), 0);
  event = test_outcome_of(child.id);
  CHECK_INT(event.type, TSKER_EV_FAILED);
  CHECK_INT(event.a, -1);
  CHECK_INT(event.b, ECANCELED);
  test_expect_exit(&child, CLD_KILLED, SIGKILL);
  close(ends[0]);
  close(ends[1]);
  test_plan_free(&plan);
}

static void wait_sees_end_of_file(void) {
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = {.cgroup_fd = -1, .pidns_fd = -1, .nfds = 4, .fds = {2, 2, 2}};
  struct test_child child;
  int ends[2];
  CHECK_INT(tsker_pair(0, 0, ends), 0);
  spawn.fds[3] = ends[0];
  test_plan_add(&plan, TSKER_OP_WAIT, U(TSKER_SLOT_FIRST));
  test_add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, &spawn);
  close(ends[1]);
  test_expect_failure(&child, 0, ECANCELED);
  close(ends[0]);
  test_plan_free(&plan);
}

static void bad_requests(void) {
  struct tsker_spawn spawn = {.cgroup_fd = -1, .pidns_fd = -1, .nfds = 3, .fds = {0, 1, 2}};
  struct test_plan plan = test_plan_new(0);
  int32_t out[2];
  test_add_exec(&plan, ARGV("true"));
  CHECK_INT(tsker_spawn((uint8_t *)&spawn, sizeof spawn - 1, plan.bytes, plan.size, out), -EINVAL);
  CHECK_INT(tsker_spawn((uint8_t *)&spawn, sizeof spawn, plan.bytes, plan.size - 4, out), -EINVAL);
  spawn.nfds = 2;
  CHECK_INT(tsker_spawn((uint8_t *)&spawn, sizeof spawn, plan.bytes, plan.size, out), -EINVAL);
  spawn.nfds = 3;
  spawn.clone_flags = CLONE_FILES;
  CHECK_INT(tsker_spawn((uint8_t *)&spawn, sizeof spawn, plan.bytes, plan.size, out), -EINVAL);
  spawn.clone_flags = 0;
  spawn.fds[1] = 999;
  CHECK_INT(tsker_spawn((uint8_t *)&spawn, sizeof spawn, plan.bytes, plan.size, out), -EBADF);
  spawn.fds[1] = 1;
  spawn.cgroup_fd = 1;
  CHECK_INT(tsker_spawn((uint8_t *)&spawn, sizeof spawn, plan.bytes, plan.size, out), -EBADF);
  CHECK(waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD);
  test_plan_free(&plan);
}

/* Adopted: somebody else's child, whose end is told without a status. */
static void watch_of_a_stranger(void) {
  int pid = fork();
  int pidfd;
  struct tsker_event event;
  if (pid == 0)
    _exit(4);
  pidfd = tsker_pidfd_open(pid);
  CHECK(pidfd >= 0);
  CHECK_INT(tsker_watch(77, pidfd), 0);
  event = test_event_of(77);
  CHECK_INT(event.type, TSKER_EV_EXITED);
  CHECK_INT(event.a, 4); /* in this test it is our child after all */
  CHECK_INT(tsker_signal(pidfd, SIGTERM), -ESRCH);
  close(pidfd);
}

static const struct test tests[] = {
    {"a failure names operation and errno", failure_names_operation},
    {"a tolerated errno is success", tolerated_is_success},
    {"an optional operation's failure is told and the plan goes on", optional_goes_on},
    {"a trace tells every operation, more than a pipe holds", trace_tells_every_operation},
    {"a process is killed by its pidfd", kill_by_pidfd},
    {"a helper killed before execve is a failed start", killed_in_setup},
    {"WAIT ends with ECANCELED when the other end closes", wait_sees_end_of_file},
    {"malformed requests are refused and leave no process", bad_requests},
    {"a process that was not spawned here is watched by pidfd", watch_of_a_stranger},
};
TEST_MAIN(tests)
