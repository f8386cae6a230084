/* SPDX-License-Identifier: Apache-2.0
 *
 * The shim's processes: ends that are told and written down, runtimes that fail, and how long the shim itself stays.
 */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/support/shim_client.h"

static void ends_are_told_and_written_down(void) {
  struct shim shim = test_shim_start();
  const int other = test_shim_join(&shim);
  test_shim_ask(other, "1 state");
  test_shim_expect(other, "1 ok");
  test_shim_ask(shim.socket, "1 process init pipes - - - pid log make pid wait");
  const pid_t pid = test_shim_expect_started(shim.socket, "1");
  test_shim_ask(shim.socket, "2 process init pipes - - - pid log make pid wait");
  test_shim_expect(shim.socket, "2 error 17");
  test_shim_ask(shim.socket, "3 forget init");
  test_shim_expect(shim.socket, "3 error 16");
  test_shim_ask(shim.socket, "4 process e1 pipes - - - e1.pid log make e1.pid exit 7");
  const pid_t exec = test_shim_expect_started(shim.socket, "4");
  test_shim_expect_exit(shim.socket, "e1", exec, 7);
  test_shim_expect_exit(other, "e1", exec, 7);
  CHECK(access(test_shim_path(&shim, "exit"), F_OK) < 0);
  test_shim_ask(shim.socket, "5 signal init 15");
  test_shim_expect(shim.socket, "5 ok");
  test_shim_expect_exit(shim.socket, "init", pid, 128 + SIGTERM);
  test_shim_expect_exit(other, "init", pid, 128 + SIGTERM);
  test_shim_expect_file(test_shim_path(&shim, "exit"), "143 ");
  CHECK(access(test_shim_path(&shim, "exit.tmp"), F_OK) < 0);
  test_shim_ask(shim.socket, "6 signal init 15");
  test_shim_expect(shim.socket, "6 error 3");
  /* Whoever comes later is told, until it is forgotten. */
  close(other);
  const int later = test_shim_join(&shim);
  char line[128];
  test_shim_ask(later, "1 state");
  snprintf(line, sizeof line, "! process init %d 143", (int)pid);
  test_shim_expect(later, line);
  snprintf(line, sizeof line, "! process e1 %d 7", (int)exec);
  test_shim_expect(later, line);
  test_shim_expect(later, "1 ok");
  test_shim_ask(later, "2 forget e1");
  test_shim_expect(later, "2 ok");
  test_shim_ask(later, "3 state");
  CHECK(strstr(test_shim_hear(later), " init ") != NULL);
  test_shim_expect(later, "3 ok");
  close(later);
  test_shim_quit(&shim);
}

static void short_ones_are_not_missed(void) {
  struct shim shim = test_shim_start();
  char line[128], name[8];
  for (unsigned i = 0; i < 20; i++) {
    snprintf(name, sizeof name, "e%u", i);
    snprintf(line, sizeof line, "%u process %s pipes - - - %s.pid log make %s.pid exit %u", i, name, name, name, i);
    test_shim_ask(shim.socket, line);
    snprintf(line, sizeof line, "%u", i);
    test_shim_expect_exit(shim.socket, name, test_shim_expect_started(shim.socket, line), (int)i);
  }
  test_shim_quit(&shim);
}

static void orphans_are_reaped(void) {
  struct shim shim = test_shim_start();
  char command[160];
  test_shim_ask(shim.socket, "1 process init pipes - - - pid log make pid orphan 5");
  test_shim_expect_exit(shim.socket, "init", test_shim_expect_started(shim.socket, "1"), 5);
  test_shim_ask(shim.socket, "2 run - fail 0");
  test_shim_expect(shim.socket, "2 done 0");
  snprintf(command, sizeof command, "test -z \"$(cat /proc/%d/task/%d/children)\"", (int)shim.pid, (int)shim.pid);
  CHECK_INT(system(command), 0);
  test_shim_quit(&shim);
}

static void runtimes_that_fail_leave_nothing(void) {
  struct shim shim = test_shim_start();
  test_shim_ask(shim.socket, "1 process init pipes - - - pid log fail 3");
  test_shim_expect(shim.socket, "1 done 3");
  test_shim_ask(shim.socket, "2 process init pipes - - - pid log none");
  test_shim_expect(shim.socket, "2 error 3");
  test_shim_ask(shim.socket, "3 state");
  test_shim_expect(shim.socket, "3 ok");
  test_shim_ask(shim.socket, "4 process init pipes - - - pid log make pid exit 1");
  test_shim_expect_exit(shim.socket, "init", test_shim_expect_started(shim.socket, "4"), 1);
  test_shim_quit(&shim);
}

static void deserted_before_its_container_it_ends(void) {
  struct shim shim = test_shim_start();
  test_shim_ask(shim.socket, "1 state");
  test_shim_expect(shim.socket, "1 ok");
  shutdown(shim.socket, SHUT_RDWR);
  test_shim_expect_end(&shim);
}

static void with_a_container_it_stays(void) {
  struct shim shim = test_shim_start();
  test_shim_ask(shim.socket, "1 process init pipes - - - pid log make pid wait");
  const pid_t pid = test_shim_expect_started(shim.socket, "1");
  close(shim.socket);
  shim.socket = test_shim_join(&shim);
  test_shim_ask(shim.socket, "1 signal init 9");
  test_shim_expect(shim.socket, "1 ok");
  test_shim_expect_exit(shim.socket, "init", pid, 137);
  close(shim.socket);
  shim.socket = test_shim_join(&shim);
  test_shim_ask(shim.socket, "1 forget init");
  test_shim_expect(shim.socket, "1 ok");
  test_shim_quit(&shim);
}

static void its_room_is_bounded(void) {
  struct shim shim = test_shim_start();
  char line[128];
  unsigned made = 0;
  for (; made < 200; made++) {
    snprintf(line, sizeof line, "1 process e%u pipes - - - pid log make pid exit 0", made);
    test_shim_ask(shim.socket, line);
    const char *answer = test_shim_hear(shim.socket);
    if (strcmp(answer, "1 error 11") == 0)
      break;
    CHECK(strncmp(answer, "1 started ", 10) == 0);
    CHECK(strncmp(test_shim_hear(shim.socket), "! exit e", 8) == 0);
  }
  CHECK_INT(made, 128);
  test_shim_ask(shim.socket, "2 forget e5");
  test_shim_expect(shim.socket, "2 ok");
  test_shim_ask(shim.socket, "3 process again pipes - - - pid log make pid exit 1");
  test_shim_expect_exit(shim.socket, "again", test_shim_expect_started(shim.socket, "3"), 1);
  test_shim_quit(&shim);
}

static const struct test tests[] = {
    {"ends are told to all, written down, and remembered until forgotten", ends_are_told_and_written_down},
    {"ends that come before the runtime's are told after the start", short_ones_are_not_missed},
    {"children of children are reaped", orphans_are_reaped},
    {"a runtime that fails, or leaves no pid, leaves no process", runtimes_that_fail_leave_nothing},
    {"deserted before it has a container, it ends", deserted_before_its_container_it_ends},
    {"deserted by all, it stays with its container", with_a_container_it_stays},
    {"its processes are bounded, and forgotten ones make room", its_room_is_bounded},
};
TEST_MAIN(tests)
