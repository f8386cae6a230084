/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program finds that tsker_spawn started: signals, descriptors, umask, PATH; and what cannot be executed.
 * With the real helper (needs root).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/spawned.h"

static void shell(const char *script, int status) {
  struct test_plan plan = test_plan_new(0);
  struct test_child child;
  test_add_exec(&plan, ARGV("sh", "-c", script));
  child = test_spawn(&plan, NULL);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, status);
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
  test_add_exec(&plan, ARGV("sh", "-c", "test \"$(umask)\" = 0077"));
  child = test_spawn(&plan, NULL);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 0);
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
  test_add_exec(&plan, ARGV("sh", "-c", "echo out; echo err >&2; cat <&0 >&2"));
  /* stdin is some low pipe, stdout and stderr crossed over numbers */
  spawn.fds[0] = swapped[0];
  spawn.fds[1] = ends[1];
  spawn.fds[2] = ends[1];
  CHECK_INT(write(swapped[1], "in\n", 3), 3);
  close(swapped[1]);
  child = test_spawn(&plan, &spawn);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 0);
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
  test_add_exec(&plan, ARGV("true"));
  child = test_spawn(&plan, &spawn);
  test_expect_executed(&child);
  test_expect_exit(&child, CLD_EXITED, 0);
  close(null);
  close(ends[0]);
  close(ends[1]);
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
    test_add_exec(&plan, ARGV(cases[i].program));
    child = test_spawn(&plan, NULL);
    test_expect_failure(&child, 0, cases[i].error);
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
      test_expect_executed(&child);
      test_expect_exit(&child, CLD_EXITED, 0);
    } else {
      test_expect_failure(&child, 0, cases[i].error);
    }
    free(path);
    test_plan_free(&plan);
  }
  free(denied);
  free(good);
}

static const struct test tests[] = {
    {"a program's exit status arrives after EXECED", status_arrives},
    {"no signal is blocked or ignored in the program", signals_are_default},
    {"the program has descriptors 0 to 2 and no other", descriptors_are_three},
    {"the umask is 022, or the plan's", umask_is_022_and_settable},
    {"crossed descriptors are placed and stay the caller's", parent_is_untouched},
    {"all slots can be given", many_descriptors},
    {"what cannot be executed is told with its errno", exec_failures},
    {"PATH is searched as execvpe does", path_search},
};
TEST_MAIN(tests)
