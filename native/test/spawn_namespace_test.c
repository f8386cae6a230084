/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes that tsker_spawn makes in namespaces and cgroups, and --init as the first of a PID namespace,
 * with the real helper (needs root).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test/support/spawned.h"

static void joins_pid_namespace(void) {
  struct test_plan plan = test_plan_new(0), inside = test_plan_new(0), after = test_plan_new(0);
  struct tsker_spawn spawn = {.clone_flags = CLONE_NEWPID, .cgroup_fd = -1, .pidns_fd = -1};
  struct test_child init, child;
  char path[64];
  test_add_exec(&plan, ARGV("sleep", "100"));
  init = test_spawn(&plan, &spawn);
  test_expect_executed(&init);
  snprintf(path, sizeof path, "/proc/%d/ns/pid", init.pid);
  spawn.clone_flags = 0;
  spawn.pidns_fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(spawn.pidns_fd >= 0);
  /* In there this is number 2, and what NSpid says last. */
  test_add_exec(&inside, ARGV("sh", "-c", "test \"$$\" = 2"));
  child = test_spawn(&inside, &spawn);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 0);
  CHECK_INT(tsker_signal(init.pidfd, SIGKILL), 0);
  test_expect_exit(&init, CLD_KILLED, SIGKILL);
  /* And the next child is ours again. */
  test_add_exec(&after, ARGV("sh", "-c", "test \"$(readlink /proc/self/ns/pid)\" = \"$(readlink /proc/$PPID/ns/pid)\""));
  spawn.pidns_fd = -1;
  child = test_spawn(&after, &spawn);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 0);
  test_plan_free(&plan);
  test_plan_free(&inside);
  test_plan_free(&after);
}

static void write_map(int pid, const char *file, const char *text) {
  char path[64];
  int fd;
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  fd = open(path, O_WRONLY | O_CLOEXEC);
  CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
}

/* What is made there belongs to it: its root may mount in the mount namespace. The process is a child of ours. */
static void born_in_user_namespace(void) {
  struct test_plan plan = test_plan_new(0), inside = test_plan_new(0);
  struct tsker_spawn spawn = {.clone_flags = CLONE_NEWUSER, .cgroup_fd = -1, .pidns_fd = -1};
  struct test_child holder, child;
  char path[64];
  test_add_exec(&plan, ARGV("sleep", "100"));
  holder = test_spawn(&plan, &spawn);
  test_expect_executed(&holder);
  write_map(holder.pid, "uid_map", "0 100000 65536\n");
  write_map(holder.pid, "gid_map", "0 100000 65536\n");
  snprintf(path, sizeof path, "/proc/%d/ns/user", holder.pid);
  spawn.userns_fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(spawn.userns_fd >= 0);
  spawn.flags = TSKER_SPAWN_USERNS;
  CHECK_INT(tsker_spawn((uint8_t *)&spawn, sizeof spawn, inside.bytes, inside.size, (int32_t[2]){0}), -EINVAL); /* new or old */
  spawn.clone_flags = CLONE_NEWNS | CLONE_NEWPID;
  test_plan_add(&inside, TSKER_OP_USER, U(0), U(0), "", 0u);
  test_plan_add(&inside, TSKER_OP_MOUNT, "x", "/mnt", "tmpfs", U(0), "");
  test_add_exec(&inside, ARGV("sh", "-c", "test \"$$ $(id -u)\" = '1 0'"));
  child = test_spawn(&inside, &spawn);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 0);
  CHECK_INT(tsker_signal(holder.pidfd, SIGKILL), 0);
  test_expect_exit(&holder, CLD_KILLED, SIGKILL);
  close(spawn.userns_fd);
  CHECK(waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD); /* the midwife is gone too */
  test_plan_free(&plan);
  test_plan_free(&inside);
}

static void hundred_at_once(void) {
  enum { COUNT = 100 };
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = {.clone_flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC, .cgroup_fd = -1, .pidns_fd = -1};
  struct test_child children[COUNT];
  test_add_exec(&plan, ARGV("sh", "-c", "exit 3"));
  for (int i = 0; i < COUNT; i++)
    children[i] = test_spawn(&plan, &spawn);
  for (int i = COUNT - 1; i >= 0; i--) {
    test_expect_executed(&children[i]);
    test_expect_exit(&children[i], CLD_EXITED, 3);
  }
  test_plan_free(&plan);
}

static struct test_plan init_plan(const char *script) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_EXEC, ARGV("sh", "-c", script), NO_ENV, U(TSKER_EXEC_INIT));
  return plan;
}

static const struct tsker_spawn in_new_pidns = {.clone_flags = CLONE_NEWPID, .cgroup_fd = -1, .pidns_fd = -1};

static void init_gives_childs_status(void) {
  struct test_plan plan = init_plan("(sleep 0.05 &) ; test $PPID = 1 && exit 5");
  struct test_child child = test_spawn(&plan, &in_new_pidns);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 5);
  test_plan_free(&plan);
}

static void init_forwards_signals(void) {
  struct test_plan plan = init_plan("trap 'exit 6' TERM; while :; do sleep 0.01; done");
  struct test_child child = test_spawn(&plan, &in_new_pidns);
  const struct timespec moment = {.tv_nsec = 200000000};
  test_expect_executed(&child);
  nanosleep(&moment, NULL);
  CHECK_INT(tsker_signal(child.pidfd, SIGTERM), 0);
  test_expect_exit(&child, CLD_EXITED, 6);
  test_plan_free(&plan);
}

static void init_reports_exec_failure(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  struct tsker_event event;
  test_plan_add(&plan, TSKER_OP_UMASK, U(022));
  test_plan_add(&plan, TSKER_OP_EXEC, ARGV("no-such-program"), NO_ENV, U(TSKER_EXEC_INIT));
  child = test_spawn(&plan, &in_new_pidns);
  event = test_outcome_of(child.id);
  CHECK_INT(event.type, TSKER_EV_FAILED);
  CHECK_INT(event.a, 1);
  CHECK_INT(event.b, ENOENT);
  test_expect_exit(&child, CLD_EXITED, 127);
  test_plan_free(&plan);
}

/* The maps come from outside while the helper waits; until then it is nobody, but with its capabilities. */
static void user_namespace(void) {
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = {.clone_flags = CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS,
                              .cgroup_fd = -1, .pidns_fd = -1, .nfds = 4, .fds = {2, 2, 2}};
  struct test_child child;
  int ends[2];
  CHECK_INT(tsker_pair(0, 0, ends), 0);
  spawn.fds[3] = ends[0];
  test_plan_add(&plan, TSKER_OP_WAIT, U(TSKER_SLOT_FIRST));
  test_plan_add(&plan, TSKER_OP_HOSTNAME, "mapped");
  test_plan_add(&plan, TSKER_OP_USER, U(0), U(0), "", 0u);
  test_plan_add(&plan, TSKER_OP_CAPABILITIES, U(0x21), U(0x21), U(0), U(0));
  test_add_exec(&plan, ARGV("sh", "-c",
                            "test $(id -u) = 0 && test $(hostname) = mapped && grep -q '^CapAmb:.0000000000000000$' /proc/self/status"
                            " && grep -q '100000 *1000$' /proc/self/uid_map"));
  child = test_spawn(&plan, &spawn);
  write_map(child.pid, "uid_map", "0 100000 1000");
  write_map(child.pid, "gid_map", "0 100000 1000");
  CHECK_INT(write(ends[1], "x", 1), 1);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 0);
  close(ends[0]);
  close(ends[1]);
  test_plan_free(&plan);
}

/* Where a v2 hierarchy is mounted: pure or hybrid. */
static void born_into_a_cgroup(void) {
  static const char *const bases[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = {.cgroup_fd = -1, .pidns_fd = -1};
  struct test_child child;
  const char *base = NULL;
  char group[128];
  for (size_t i = 0; i < 2; i++)
    if (tsker_fs_magic(bases[i]) == 0x63677270)
      base = bases[i];
  if (base == NULL) {
    printf("  (no cgroup v2 here)\n");
    return;
  }
  snprintf(group, sizeof group, "%s/tsker-native-spawn-%d", base, getpid());
  CHECK_INT(mkdir(group, 0755), 0);
  spawn.cgroup_fd = tsker_open(group, O_PATH | O_DIRECTORY, 0);
  CHECK(spawn.cgroup_fd >= 0);
  test_add_exec(&plan, ARGV("sh", "-c", "grep -q '^0::/.*tsker-native-spawn-' /proc/self/cgroup"));
  child = test_spawn(&plan, &spawn);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 0);
  close(spawn.cgroup_fd);
  while (rmdir(group) < 0)
    usleep(1000);
  test_plan_free(&plan);
}

static const struct test tests[] = {
    {"a process is born in another's PID namespace, and the next is not", joins_pid_namespace},
    {"a process is born in a user namespace that is there", born_in_user_namespace},
    {"a hundred at once", hundred_at_once},
    {"--init reaps and gives the child's status", init_gives_childs_status},
    {"--init forwards signals", init_forwards_signals},
    {"--init reports that its child could not be executed", init_reports_exec_failure},
    {"a user namespace is set up with maps from outside", user_namespace},
    {"a process is born into a cgroup", born_into_a_cgroup},
};
TEST_MAIN(tests)
