/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of the shim's processes: FIFOs that stay open, and terminals.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "test/support/shim_client.h"

/* Both ends, so that neither opening waits; reading does not wait either. */
static int open_fifo(const struct shim *shim, const char *name) {
  CHECK_INT(mkfifo(test_shim_path(shim, name), 0600), 0);
  const int fd = open(test_shim_path(shim, name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  CHECK(fd >= 0);
  return fd;
}

/* Waits for `size` bytes. */
static void expect_bytes(int fd, const char *bytes, size_t size) {
  char got[512];
  for (size_t at = 0; at < size;) {
    struct pollfd one = {.fd = fd, .events = POLLIN};
    CHECK(size <= sizeof got && poll(&one, 1, TEST_SHIM_PATIENCE) == 1);
    const ssize_t more = read(fd, got + at, size - at);
    CHECK(more > 0);
    at += (size_t)more;
  }
  CHECK(memcmp(got, bytes, size) == 0);
}

static void expect_end_of_file(int fd) {
  char byte;
  struct pollfd one = {.fd = fd, .events = POLLIN};
  CHECK(poll(&one, 1, TEST_SHIM_PATIENCE) == 1);
  CHECK_INT(read(fd, &byte, 1), 0);
}

static void streams_stay_open_while_nobody_reads(void) {
  struct shim shim = test_shim_start();
  int out = open_fifo(&shim, "out");
  const int err = open_fifo(&shim, "err");
  test_shim_ask(shim.socket, "1 process init pipes - out err pid log make pid say word");
  test_shim_expect_exit(shim.socket, "init", test_shim_expect_started(shim.socket, "1"), 0);
  expect_bytes(out, "word\n", 5);
  expect_end_of_file(out);
  /* The rest is there for whoever comes, until the end is. */
  close(err);
  out = open(test_shim_path(&shim, "err"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  expect_bytes(out, "not word\n", 9);
  close(out);
  test_shim_quit(&shim);
}

static void input_ends_when_it_is_told_to(void) {
  struct shim shim = test_shim_start();
  const int out = open_fifo(&shim, "out");
  CHECK_INT(mkfifo(test_shim_path(&shim, "in"), 0600), 0);
  test_shim_ask(shim.socket, "1 process init pipes in out - pid log make pid copy");
  const pid_t pid = test_shim_expect_started(shim.socket, "1");
  for (unsigned round = 0; round < 2; round++) {
    /* A writer that goes is no end of the input. */
    const int writer = open(test_shim_path(&shim, "in"), O_WRONLY | O_CLOEXEC);
    CHECK_INT(write(writer, "line\n", 5), 5);
    expect_bytes(out, "line\n", 5);
    close(writer);
  }
  test_shim_ask(shim.socket, "2 close init");
  test_shim_expect(shim.socket, "2 ok");
  test_shim_expect_exit(shim.socket, "init", pid, 0);
  expect_end_of_file(out);
  close(out);
  test_shim_quit(&shim);
}

static void drained_ones_write_on(void) {
  struct shim shim = test_shim_start();
  const int out = open_fifo(&shim, "out");
  CHECK_INT(mkfifo(test_shim_path(&shim, "in"), 0600), 0);
  test_shim_ask(shim.socket, "1 process e1 pipes in out - pid log make pid copy");
  const pid_t pid = test_shim_expect_started(shim.socket, "1");
  close(out);
  const int writer = open(test_shim_path(&shim, "in"), O_WRONLY | O_CLOEXEC);
  test_shim_ask(shim.socket, "2 drain e1");
  test_shim_expect(shim.socket, "2 ok");
  /* Ten times what a FIFO holds. */
  char block[4096];
  memset(block, 'w', sizeof block);
  for (unsigned i = 0; i < 160; i++)
    CHECK_INT(write(writer, block, sizeof block), (ssize_t)sizeof block);
  close(writer);
  test_shim_ask(shim.socket, "3 close e1");
  test_shim_expect(shim.socket, "3 ok");
  test_shim_expect_exit(shim.socket, "e1", pid, 0);
  test_shim_quit(&shim);
}

static void terminals_are_copied(void) {
  struct shim shim = test_shim_start();
  const int out = open_fifo(&shim, "out");
  CHECK_INT(mkfifo(test_shim_path(&shim, "in"), 0600), 0);
  test_shim_ask(shim.socket, "1 process init terminal in out - pid log terminal pid init.pty copy");
  const pid_t pid = test_shim_expect_started(shim.socket, "1");
  const int writer = open(test_shim_path(&shim, "in"), O_WRONLY | O_CLOEXEC);
  char block[3000];
  memset(block, 'y', sizeof block);
  for (size_t at = 0; at < sizeof block; at += 500) {
    CHECK_INT(write(writer, block + at, 500), 500);
    expect_bytes(out, block + at, 500);
  }
  test_shim_ask(shim.socket, "2 resize init 33 101");
  test_shim_expect(shim.socket, "2 ok");
  char path[64];
  struct winsize size;
  snprintf(path, sizeof path, "/proc/%d/fd/0", (int)pid);
  const int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(slave >= 0 && ioctl(slave, TIOCGWINSZ, &size) == 0);
  CHECK_INT(size.ws_row, 33);
  CHECK_INT(size.ws_col, 101);
  close(slave);
  /* Its end is no end of a terminal's input. */
  test_shim_ask(shim.socket, "3 close init");
  test_shim_expect(shim.socket, "3 ok");
  test_shim_ask(shim.socket, "4 signal init 9");
  test_shim_expect(shim.socket, "4 ok");
  test_shim_expect_exit(shim.socket, "init", pid, 137);
  expect_end_of_file(out);
  test_shim_ask(shim.socket, "5 resize init 1 1");
  test_shim_expect(shim.socket, "5 error 25");
  close(writer);
  close(out);
  test_shim_quit(&shim);
}

static void terminals_say_all_before_their_end(void) {
  struct shim shim = test_shim_start();
  const int out = open_fifo(&shim, "out");
  test_shim_ask(shim.socket, "1 process init terminal - out - pid log terminal pid init.pty say word");
  test_shim_expect_exit(shim.socket, "init", test_shim_expect_started(shim.socket, "1"), 0);
  expect_bytes(out, "word\nnot word\n", 14);
  expect_end_of_file(out);
  close(out);
  test_shim_quit(&shim);
}

/* An exec's terminal that nobody reads must not keep its end from being told. */
static void terminals_nobody_reads_end_all_the_same(void) {
  struct shim shim = test_shim_start();
  const int out = open_fifo(&shim, "out");
  CHECK_INT(mkfifo(test_shim_path(&shim, "in"), 0600), 0);
  test_shim_ask(shim.socket, "1 process e1 terminal in out - pid log terminal pid e1.pty copy");
  const pid_t pid = test_shim_expect_started(shim.socket, "1");
  const int writer = open(test_shim_path(&shim, "in"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  char block[4096];
  memset(block, 'z', sizeof block);
  for (unsigned still = 0; still < 20;) {
    still = write(writer, block, sizeof block) < 0 ? still + 1 : 0;
    usleep(2000);
  }
  test_shim_ask(shim.socket, "2 signal e1 9");
  test_shim_expect(shim.socket, "2 ok");
  test_shim_expect_exit(shim.socket, "e1", pid, 137);
  close(writer);
  close(out);
  test_shim_quit(&shim);
}

static void a_master_that_does_not_come_is_an_error(void) {
  struct shim shim = test_shim_start();
  const int out = open_fifo(&shim, "out");
  test_shim_ask(shim.socket, "1 process init terminal - out - pid log make pid wait");
  test_shim_expect(shim.socket, "1 error 11");
  test_shim_ask(shim.socket, "2 process init terminal - out - pid log terminal pid init.pty nothing");
  test_shim_expect(shim.socket, "2 error 71");
  test_shim_ask(shim.socket, "3 state");
  test_shim_expect(shim.socket, "3 ok");
  close(out);
  test_shim_quit(&shim);
}

static const struct test tests[] = {
    {"output waits for whoever comes, after the end too", streams_stay_open_while_nobody_reads},
    {"input goes on when a writer goes, and ends when it is told to", input_ends_when_it_is_told_to},
    {"one that is drained writes without end", drained_ones_write_on},
    {"a terminal is copied both ways and has its size", terminals_are_copied},
    {"a terminal says all before its end is told", terminals_say_all_before_their_end},
    {"a terminal that nobody reads has an end", terminals_nobody_reads_end_all_the_same},
    {"a master that does not come is an error", a_master_that_does_not_come_is_an_error},
};
TEST_MAIN(tests)
