/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests to the shim and what they are answered; lines and clients that are hostile.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/support/shim_client.h"

static void commands_are_run(void) {
  struct shim shim = test_shim_start();
  test_shim_ask(shim.socket, "1 run say.log say hello");
  test_shim_expect(shim.socket, "1 done 0");
  test_shim_expect_file(test_shim_path(&shim, "say.log"), "hello\n");
  test_shim_ask(shim.socket, "2 run - fail 7");
  test_shim_expect(shim.socket, "2 done 7");
  /* Each with its own words. */
  test_shim_ask(shim.socket, "2 run - count a b c d");
  test_shim_expect(shim.socket, "2 done 4");
  test_shim_ask(shim.socket, "2 run - count a");
  test_shim_expect(shim.socket, "2 done 1");
  /* In one piece, and in many. */
  test_shim_ask(shim.socket, "3 run - fail 3\n4 state\n5 run - fail 5");
  test_shim_expect(shim.socket, "4 ok");
  const char *first = test_shim_hear(shim.socket);
  CHECK(strcmp(first, "3 done 3") == 0 || strcmp(first, "5 done 5") == 0);
  test_shim_hear(shim.socket);
  for (const char *at = "6 run - fail 6\n"; *at != '\0'; at++)
    test_shim_send(shim.socket, at, 1);
  test_shim_expect(shim.socket, "6 done 6");
  test_shim_quit(&shim);
}

static void wrong_requests_are_refused(void) {
  static const struct {
    const char *line;
    int error;
  } rows[] = {
      {"1 nosuch", ENOSYS},
      {"1 run log", EINVAL},
      {"1 process init pipes - - - pid log", EINVAL},
      {"1 process ../up pipes - - - pid log make pid wait", EINVAL},
      {"1 process Init pipes - - - pid log make pid wait", EINVAL},
      {"1 process init pipes /nosuch - - pid log make pid wait", ENOENT},
      {"1 process init pipes - /nosuch - pid log make pid wait", ENOENT},
      {"1 process init other - - - pid log make pid wait", EINVAL},
      {"1 resize init 1 1", ESRCH},
      {"1 signal init 9", ESRCH},
      {"1 close init", ESRCH},
      {"1 drain init", ESRCH},
      {"1 forget init", ESRCH},
  };
  struct shim shim = test_shim_start();
  char answer[64];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    test_shim_ask(shim.socket, rows[i].line);
    snprintf(answer, sizeof answer, "1 error %d", rows[i].error);
    test_shim_expect(shim.socket, answer);
  }
  /* What has no number cannot be answered. */
  test_shim_ask(shim.socket, "");
  test_shim_ask(shim.socket, "   ");
  test_shim_ask(shim.socket, "alone");
  test_shim_ask(shim.socket, "123456789012345678901 state");
  test_shim_send(shim.socket, "7 st\0ate\n", 9);
  test_shim_expect(shim.socket, "7 error 38");
  test_shim_ask(shim.socket, "8 state");
  test_shim_expect(shim.socket, "8 ok");
  test_shim_quit(&shim);
}

static void long_words_are_refused(void) {
  struct shim shim = test_shim_start();
  char line[512];
  /* A name has room for 64, a pid file for 80. */
  snprintf(line, sizeof line, "1 process %065d pipes - - - pid log make pid wait", 0);
  test_shim_ask(shim.socket, line);
  test_shim_expect(shim.socket, "1 error 22");
  snprintf(line, sizeof line, "2 process init pipes - - - %081d log make pid wait", 0);
  test_shim_ask(shim.socket, line);
  test_shim_expect(shim.socket, "2 error 22");
  snprintf(line, sizeof line, "3 process %064d pipes - - - pid log make pid exit 0", 0);
  test_shim_ask(shim.socket, line);
  test_shim_expect_started(shim.socket, "3");
  CHECK(strncmp(test_shim_hear(shim.socket), "! exit 00", 9) == 0);
  test_shim_quit(&shim);
}

static void many_words_are_cut(void) {
  struct shim shim = test_shim_start();
  char line[4000] = "1 run - fail 4";
  for (size_t size = strlen(line); size + 2 < sizeof line; size += 2)
    strcpy(line + size, " w");
  test_shim_ask(shim.socket, line);
  test_shim_expect(shim.socket, "1 done 4");
  test_shim_quit(&shim);
}

static void endless_lines_end_the_connection(void) {
  struct shim shim = test_shim_start();
  const int other = test_shim_join(&shim);
  char block[5000];
  memset(block, 'x', sizeof block);
  /* What it has not read when it hangs up is an error to the sender. */
  (void)!send(other, block, sizeof block, MSG_NOSIGNAL);
  struct pollfd one = {.fd = other, .events = POLLIN};
  CHECK(poll(&one, 1, TEST_SHIM_PATIENCE) == 1);
  CHECK(recv(other, block, 1, 0) <= 0);
  close(other);
  test_shim_ask(shim.socket, "1 state");
  test_shim_expect(shim.socket, "1 ok");
  test_shim_quit(&shim);
}

static void connections_are_few(void) {
  struct shim shim = test_shim_start();
  int more[4];
  test_shim_ask(shim.socket, "1 state");
  test_shim_expect(shim.socket, "1 ok");
  for (unsigned i = 0; i < 4; i++)
    more[i] = test_shim_join(&shim);
  test_shim_expect(more[3], "");
  close(more[3]);
  for (unsigned i = 0; i < 3; i++) {
    test_shim_ask(more[i], "1 state");
    test_shim_expect(more[i], "1 ok");
    close(more[i]);
  }
  test_shim_quit(&shim);
}

static void a_client_that_does_not_read_is_dropped(void) {
  struct shim shim = test_shim_start();
  const int other = test_shim_join(&shim), few = 1;
  setsockopt(other, SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
  fcntl(other, F_SETFL, O_NONBLOCK);
  /* Until it has hung up, or takes no more: requests wait then, for others are served. */
  for (unsigned still = 0; still < 200;) {
    const ssize_t sent = send(other, "1 state\n", 8, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
      break;
    still = sent < 0 ? still + 1 : 0;
    if (sent < 0)
      usleep(1000);
  }
  test_shim_ask(shim.socket, "1 state");
  test_shim_expect(shim.socket, "1 ok");
  close(other);
  test_shim_quit(&shim);
}

static const struct test tests[] = {
    {"commands are run, and answered with their code", commands_are_run},
    {"wrong requests are refused, and the connection goes on", wrong_requests_are_refused},
    {"words that are too long are refused", long_words_are_refused},
    {"words beyond sixty-four are cut", many_words_are_cut},
    {"a line without end ends its connection alone", endless_lines_end_the_connection},
    {"a fifth connection is refused", connections_are_few},
    {"a client that does not read holds nobody up", a_client_that_does_not_read_is_dropped},
};
TEST_MAIN(tests)
