/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_spawn, the helper and the reaper together, with the real helper and real namespaces (needs root).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test/support/daemon.h"

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_ENV ((const char *const[]){NULL})
#define U(value) ((uint64_t)(value))

static void add_exec(struct test_plan *plan, const char *const *argv) {
  test_plan_add(plan, TSKER_OP_EXEC, argv, NO_ENV, U(0));
}

static void expect_exit(const struct test_child *child, int code, int status) {
  struct tsker_event event = test_outcome_of(child->id);
  CHECK_INT(event.type, TSKER_EV_EXITED);
  CHECK_INT(event.b, code);
  CHECK_INT(event.a, status);
  CHECK(event.ns > 0);
  close(child->pidfd);
}

static void expect_executed(const struct test_child *child) {
  CHECK_INT(test_outcome_of(child->id).type, TSKER_EV_EXECED);
}

static void expect_failure(const struct test_child *child, int index, int error) {
  struct tsker_event event = test_outcome_of(child->id);
  CHECK_INT(event.type, TSKER_EV_FAILED);
  CHECK_INT(event.a, index);
  CHECK_INT(event.b, error);
  expect_exit(child, CLD_EXITED, 125);
}

static void shell(const char *script, int status) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  add_exec(&plan, ARGV("sh", "-c", script));
  child = test_spawn(&plan, NULL);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, status);
  test_plan_free(&plan);
}

static void status_arrives(void) { shell("exit 7", 7); }

static void signals_are_default(void) {
  /* All of SigBlk and SigIgn are zero in the program, though the parent ignores SIGPIPE and blocks SIGUSR1. */
  sigset_t blocked, old;
  signal(SIGPIPE, SIG_IGN);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &old);
  shell("test \"$(grep -cE '^Sig(Blk|Ign):.0000000000000000$' /proc/self/status)\" = 2", 0);
  sigprocmask(SIG_SETMASK, &old, NULL);
}

static void descriptors_are_three(void) {
  const int leak = open("/dev/null", O_RDONLY); /* deliberately not close-on-exec */
  shell("n=3; while test $n -lt 200; do test ! -e /proc/$$/fd/$n || exit 1; n=$((n+1)); done", 0);
  close(leak);
}

static void umask_is_022_and_settable(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  shell("test \"$(umask)\" = 0022", 0);
  test_plan_add(&plan, TSKER_OP_UMASK, U(0077));
  add_exec(&plan, ARGV("sh", "-c", "test \"$(umask)\" = 0077"));
  child = test_spawn(&plan, NULL);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 0);
  test_plan_free(&plan);
}

static void parent_is_untouched(void) {
  /* Descriptors of every number collide with slots; the parent's own must be what they were. */
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = {.cgroup_fd = -1, .pidns_fd = -1, .nfds = 3};
  struct test_child child;
  int ends[2], swapped[2];
  char text[16] = {0};
  CHECK_INT(tsker_pair(0, 0, ends), 0);
  CHECK_INT(tsker_pair(0, 0, swapped), 0);
  add_exec(&plan, ARGV("sh", "-c", "echo out; echo err >&2; cat <&0 >&2"));
  /* stdin is some low pipe, stdout and stderr crossed over numbers */
  spawn.fds[0] = swapped[0];
  spawn.fds[1] = ends[1];
  spawn.fds[2] = ends[1];
  CHECK_INT(write(swapped[1], "in\n", 3), 3);
  close(swapped[1]);
  child = test_spawn(&plan, &spawn);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 0);
  CHECK_INT(read(ends[0], text, sizeof text), 11);
  CHECK(strcmp(text, "out\nerr\nin\n") == 0);
  CHECK(fcntl(ends[1], F_GETFD) == FD_CLOEXEC);
  close(swapped[0]);
  close(ends[0]);
  close(ends[1]);
  test_plan_free(&plan);
}

static void many_descriptors(void) {
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = {.cgroup_fd = -1, .pidns_fd = -1, .nfds = TSKER_SPAWN_MAX_FDS};
  struct test_child child;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int ends[2];
  CHECK_INT(tsker_pair(0, 0, ends), 0);
  for (uint32_t i = 0; i < spawn.nfds; i++)
    spawn.fds[i] = null;
  spawn.fds[TSKER_SPAWN_MAX_FDS - 1] = ends[0];
  CHECK_INT(write(ends[1], "x", 1), 1);
  test_plan_add(&plan, TSKER_OP_WAIT, U(TSKER_SPAWN_MAX_FDS - 1 + 2));
  add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, &spawn);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 0);
  close(null);
  close(ends[0]);
  close(ends[1]);
  test_plan_free(&plan);
}

static void failure_names_operation(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  test_plan_add(&plan, TSKER_OP_UMASK, U(022));
  test_plan_add(&plan, TSKER_OP_MKDIR, "/nonexistent/a/b", U(0755));
  test_plan_last(&plan, 0, EEXIST);
  add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, NULL);
  expect_failure(&child, 1, ENOENT);
  test_plan_free(&plan);
}

static void tolerated_is_success(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  test_plan_add(&plan, TSKER_OP_MKDIR, "/nonexistent/a/b", U(0755));
  test_plan_last(&plan, 0, ENOENT);
  add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, NULL);
  CHECK_INT(test_event_of(child.id).type, TSKER_EV_EXECED);
  expect_exit(&child, CLD_EXITED, 0);
  test_plan_free(&plan);
}

static void optional_goes_on(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  struct tsker_event event;
  test_plan_add(&plan, TSKER_OP_RMDIR, "/nonexistent");
  test_plan_last(&plan, TSKER_OPF_OPTIONAL, 0);
  add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, NULL);
  event = test_event_of(child.id);
  CHECK_INT(event.type, TSKER_EV_TRACE);
  CHECK_INT(event.a, 0);
  CHECK_INT(event.b, ENOENT);
  CHECK_INT(test_event_of(child.id).type, TSKER_EV_EXECED);
  expect_exit(&child, CLD_EXITED, 0);
  test_plan_free(&plan);
}

static void trace_tells_every_operation(void) {
  struct test_plan plan = test_plan_new(TSKER_PLAN_TRACE);
  struct test_child child;
  enum { COUNT = 6000 }; /* more than a pipe holds */
  for (int i = 0; i < COUNT; i++)
    test_plan_add(&plan, TSKER_OP_UMASK, U(022));
  test_plan_add(&plan, TSKER_OP_CHDIR, "/nonexistent");
  add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, NULL);
  for (int i = 0; i <= COUNT; i++) {
    struct tsker_event event = test_event_of(child.id);
    CHECK_INT(event.type, TSKER_EV_TRACE);
    CHECK_INT(event.a, i);
    CHECK_INT(event.b, i == COUNT ? ENOENT : 0);
  }
  expect_failure(&child, COUNT, ENOENT);
  test_plan_free(&plan);
}

static void exec_failures(void) {
  static const struct {
    const char *program;
    int error;
  } cases[] = {{"no-such-program", ENOENT}, {"/no/such/program", ENOENT}, {"/etc/passwd", EACCES}, {"/etc", EACCES}, {"", ENOENT}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct test_plan plan = test_plan_new(0);
    struct test_child child;
    add_exec(&plan, ARGV(cases[i].program));
    child = test_spawn(&plan, NULL);
    expect_failure(&child, 0, cases[i].error);
    test_plan_free(&plan);
  }
}

static void write_file(const char *path, const char *text, mode_t mode) {
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode);
  CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
}

/* PATH is searched as execvpe does: EACCES is remembered, the next directory is tried, ENOEXEC ends the search. */
static void path_search(void) {
  char *denied = test_path("denied"), *good = test_path("good"), *path, *file;
  static const struct {
    const char *program;
    const char *order;
    int error;
  } cases[] = {{"tool", "PATH=%1$s:%2$s", 0}, {"only-denied", "PATH=%1$s:%2$s", EACCES}, {"text", "PATH=%1$s:%2$s", ENOEXEC}};
  CHECK_INT(mkdir(denied, 0755), 0);
  CHECK_INT(mkdir(good, 0755), 0);
  file = test_path("denied/tool"), write_file(file, "#!/bin/sh\nexit 9\n", 0644), free(file);
  file = test_path("denied/only-denied"), write_file(file, "#!/bin/sh\nexit 9\n", 0644), free(file);
  file = test_path("good/tool"), write_file(file, "#!/bin/sh\nexit 0\n", 0755), free(file);
  file = test_path("good/text"), write_file(file, "just text\n", 0755), free(file);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct test_plan plan = test_plan_new(0);
    struct test_child child;
    CHECK(asprintf(&path, "PATH=%s:%s", denied, good) > 0);
    test_plan_add(&plan, TSKER_OP_EXEC, ARGV(cases[i].program), ARGV("A=b", path), U(0));
    child = test_spawn(&plan, NULL);
    if (cases[i].error == 0) {
      expect_executed(&child);
      expect_exit(&child, CLD_EXITED, 0);
    } else {
      expect_failure(&child, 0, cases[i].error);
    }
    free(path);
    test_plan_free(&plan);
  }
  free(denied);
  free(good);
}

static void kill_by_pidfd(void) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  add_exec(&plan, ARGV("sleep", "100"));
  child = test_spawn(&plan, NULL);
  expect_executed(&child);
  CHECK_INT(tsker_signal(child.pidfd, SIGTERM), 0);
  expect_exit(&child, CLD_KILLED, SIGTERM);
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
  add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, &spawn);
  CHECK_INT(tsker_signal(child.pidfd, SIGKILL), 0);
  event = test_outcome_of(child.id);
  CHECK_INT(event.type, TSKER_EV_FAILED);
  CHECK_INT(event.a, -1);
  CHECK_INT(event.b, ECANCELED);
  expect_exit(&child, CLD_KILLED, SIGKILL);
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
  add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, &spawn);
  close(ends[1]);
  expect_failure(&child, 0, ECANCELED);
  close(ends[0]);
  test_plan_free(&plan);
}

static void joins_pid_namespace(void) {
  struct test_plan plan = test_plan_new(0), inside = test_plan_new(0), after = test_plan_new(0);
  struct tsker_spawn spawn = {.clone_flags = CLONE_NEWPID, .cgroup_fd = -1, .pidns_fd = -1};
  struct test_child init, child;
  char path[64];
  add_exec(&plan, ARGV("sleep", "100"));
  init = test_spawn(&plan, &spawn);
  expect_executed(&init);
  snprintf(path, sizeof path, "/proc/%d/ns/pid", init.pid);
  spawn.clone_flags = 0;
  spawn.pidns_fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(spawn.pidns_fd >= 0);
  /* In there this is number 2, and what NSpid says last. */
  add_exec(&inside, ARGV("sh", "-c", "test \"$$\" = 2"));
  child = test_spawn(&inside, &spawn);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 0);
  CHECK_INT(tsker_signal(init.pidfd, SIGKILL), 0);
  expect_exit(&init, CLD_KILLED, SIGKILL);
  /* And the next child is ours again. */
  add_exec(&after, ARGV("sh", "-c", "test \"$(readlink /proc/self/ns/pid)\" = \"$(readlink /proc/$PPID/ns/pid)\""));
  spawn.pidns_fd = -1;
  child = test_spawn(&after, &spawn);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 0);
  test_plan_free(&plan);
  test_plan_free(&inside);
  test_plan_free(&after);
}

static void writes(int pid, const char *file, const char *text) {
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
  add_exec(&plan, ARGV("sleep", "100"));
  holder = test_spawn(&plan, &spawn);
  expect_executed(&holder);
  writes(holder.pid, "uid_map", "0 100000 65536\n");
  writes(holder.pid, "gid_map", "0 100000 65536\n");
  snprintf(path, sizeof path, "/proc/%d/ns/user", holder.pid);
  spawn.userns_fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(spawn.userns_fd >= 0);
  spawn.flags = TSKER_SPAWN_USERNS;
  CHECK_INT(tsker_spawn((uint8_t *)&spawn, sizeof spawn, inside.bytes, inside.size, (int32_t[2]){0}), -EINVAL); /* new or old */
  spawn.clone_flags = CLONE_NEWNS | CLONE_NEWPID;
  test_plan_add(&inside, TSKER_OP_USER, U(0), U(0), "", 0u);
  test_plan_add(&inside, TSKER_OP_MOUNT, "x", "/mnt", "tmpfs", U(0), "");
  add_exec(&inside, ARGV("sh", "-c", "test \"$$ $(id -u)\" = '1 0'"));
  child = test_spawn(&inside, &spawn);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 0);
  CHECK_INT(tsker_signal(holder.pidfd, SIGKILL), 0);
  expect_exit(&holder, CLD_KILLED, SIGKILL);
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
  add_exec(&plan, ARGV("sh", "-c", "exit 3"));
  for (int i = 0; i < COUNT; i++)
    children[i] = test_spawn(&plan, &spawn);
  for (int i = COUNT - 1; i >= 0; i--) {
    expect_executed(&children[i]);
    expect_exit(&children[i], CLD_EXITED, 3);
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
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 5);
  test_plan_free(&plan);
}

static void init_forwards_signals(void) {
  struct test_plan plan = init_plan("trap 'exit 6' TERM; while :; do sleep 0.01; done");
  struct test_child child = test_spawn(&plan, &in_new_pidns);
  const struct timespec moment = {.tv_nsec = 200000000};
  expect_executed(&child);
  nanosleep(&moment, NULL);
  CHECK_INT(tsker_signal(child.pidfd, SIGTERM), 0);
  expect_exit(&child, CLD_EXITED, 6);
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
  expect_exit(&child, CLD_EXITED, 127);
  test_plan_free(&plan);
}

static void write_map(int pid, const char *file, const char *text) {
  char path[64];
  int fd;
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  fd = open(path, O_WRONLY | O_CLOEXEC);
  CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
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
  add_exec(&plan, ARGV("sh", "-c",
                       "test $(id -u) = 0 && test $(hostname) = mapped && grep -q '^CapAmb:.0000000000000000$' /proc/self/status"
                       " && grep -q '100000 *1000$' /proc/self/uid_map"));
  child = test_spawn(&plan, &spawn);
  write_map(child.pid, "uid_map", "0 100000 1000");
  write_map(child.pid, "gid_map", "0 100000 1000");
  CHECK_INT(write(ends[1], "x", 1), 1);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 0);
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
  add_exec(&plan, ARGV("sh", "-c", "grep -q '^0::/.*tsker-native-spawn-' /proc/self/cgroup"));
  child = test_spawn(&plan, &spawn);
  expect_executed(&child);
  expect_exit(&child, CLD_EXITED, 0);
  close(spawn.cgroup_fd);
  while (rmdir(group) < 0)
    usleep(1000);
  test_plan_free(&plan);
}

static void bad_requests(void) {
  struct tsker_spawn spawn = {.cgroup_fd = -1, .pidns_fd = -1, .nfds = 3, .fds = {0, 1, 2}};
  struct test_plan plan = test_plan_new(0);
  int32_t out[2];
  add_exec(&plan, ARGV("true"));
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
    {"a program's exit status arrives after EXECED", status_arrives},
    {"no signal is blocked or ignored in the program", signals_are_default},
    {"the program has descriptors 0 to 2 and no other", descriptors_are_three},
    {"the umask is 022, or the plan's", umask_is_022_and_settable},
    {"crossed descriptors are placed and stay the caller's", parent_is_untouched},
    {"all slots can be given", many_descriptors},
    {"a failure names operation and errno", failure_names_operation},
    {"a tolerated errno is success", tolerated_is_success},
    {"an optional operation's failure is told and the plan goes on", optional_goes_on},
    {"a trace tells every operation, more than a pipe holds", trace_tells_every_operation},
    {"what cannot be executed is told with its errno", exec_failures},
    {"PATH is searched as execvpe does", path_search},
    {"a process is killed by its pidfd", kill_by_pidfd},
    {"a helper killed before execve is a failed start", killed_in_setup},
    {"WAIT ends with ECANCELED when the other end closes", wait_sees_end_of_file},
    {"a process is born in another's PID namespace, and the next is not", joins_pid_namespace},
    {"a process is born in a user namespace that is there", born_in_user_namespace},
    {"a hundred at once", hundred_at_once},
    {"--init reaps and gives the child's status", init_gives_childs_status},
    {"--init forwards signals", init_forwards_signals},
    {"--init reports that its child could not be executed", init_reports_exec_failure},
    {"a user namespace is set up with maps from outside", user_namespace},
    {"a process is born into a cgroup", born_into_a_cgroup},
    {"malformed requests are refused and leave no process", bad_requests},
    {"a process that was not spawned here is watched by pidfd", watch_of_a_stranger},
};
TEST_MAIN(tests)
