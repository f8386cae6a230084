/* SPDX-License-Identifier: Apache-2.0
 *
 * The shim under the sanitizers (TSKER_SHIM), as containerd has it: requests and what they are answered, lines that are hostile,
 * ends that are told and written down, streams that stay open, terminals. Its runtime is test/programs/runtime.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "test/support/test.h"

enum { PATIENCE = 10000 };

/* A shim that runs, with our end of its first connection. */
struct shim {
  pid_t pid;
  int socket;
  char directory[128];
};

static const char *environment(const char *name) {
  const char *value = getenv(name);
  CHECK(value != NULL);
  return value;
}

static struct shim start_shim(void) {
  static unsigned count;
  struct shim shim;
  int ends[2];
  snprintf(shim.directory, sizeof shim.directory, "%s/%u", test_directory(), count++);
  CHECK_INT(mkdir(shim.directory, 0700), 0);
  CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const char *program = environment("TSKER_SHIM"), *runtime = environment("TSKER_SHIM_RUNTIME");
  shim.pid = fork();
  if (shim.pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], 0);
    CHECK_INT(chdir(shim.directory), 0);
    execl(program, "tsker-shim", "-id", "box", "--", runtime, NULL);
    _exit(127);
  }
  close(ends[1]);
  shim.socket = ends[0];
  return shim;
}

/* In the shim's directory. */
static const char *in(const struct shim *shim, const char *name) {
  static char paths[4][160];
  static unsigned at;
  char *path = paths[at++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", shim->directory, name);
  return path;
}

static void send_bytes(int socket, const char *bytes, size_t size) {
  CHECK_INT(send(socket, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void ask(int socket, const char *line) {
  send_bytes(socket, line, strlen(line));
  send_bytes(socket, "\n", 1);
}

/* The next line; "" at the end of the connection. */
static const char *hear(int socket) {
  static char line[512];
  size_t size = 0;
  for (;;) {
    struct pollfd one = {.fd = socket, .events = POLLIN};
    CHECK(poll(&one, 1, PATIENCE) == 1);
    const ssize_t got = recv(socket, line + size, 1, 0);
    if (got <= 0 || line[size] == '\n')
      break;
    CHECK(++size < sizeof line);
  }
  line[size] = '\0';
  return line;
}

static void expect(int socket, const char *line) {
  const char *heard = hear(socket);
  if (strcmp(heard, line) != 0)
    fprintf(stderr, "heard \"%s\", not \"%s\"\n", heard, line);
  CHECK(strcmp(heard, line) == 0);
}

/* "<sequence> started PID". */
static pid_t expect_started(int socket, const char *sequence) {
  char word[32], verb[32];
  int pid = 0;
  const char *line = hear(socket);
  if (sscanf(line, "%31s %31s %d", word, verb, &pid) != 3)
    fprintf(stderr, "heard \"%s\"\n", line);
  CHECK(strcmp(word, sequence) == 0 && strcmp(verb, "started") == 0 && pid > 1);
  return pid;
}

static void expect_exit(int socket, const char *name, pid_t pid, int code) {
  char line[128];
  snprintf(line, sizeof line, "! exit %s %d %d", name, (int)pid, code);
  expect(socket, line);
}

/* It was told to, or had nobody: it ends well, which a sanitizer's complaint would not. */
static void expect_end(struct shim *shim) {
  int status;
  CHECK_INT(waitpid(shim->pid, &status, 0), shim->pid);
  CHECK_INT(status, 0);
  CHECK(access(in(shim, "shim.sock"), F_OK) < 0 && errno == ENOENT);
  close(shim->socket);
}

static void quit(struct shim *shim) {
  ask(shim->socket, "99 quit");
  expect(shim->socket, "99 ok");
  expect_end(shim);
}

/* Once it listens. */
static int join_shim(const struct shim *shim) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", in(shim, "shim.sock"));
  for (unsigned waited = 0; connect(fd, (struct sockaddr *)&address, sizeof address) < 0; waited++) {
    CHECK(waited < PATIENCE);
    usleep(1000);
  }
  return fd;
}

/* Both ends, so that neither opening waits; reading does not wait either. */
static int open_fifo(const struct shim *shim, const char *name) {
  CHECK_INT(mkfifo(in(shim, name), 0600), 0);
  const int fd = open(in(shim, name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  CHECK(fd >= 0);
  return fd;
}

/* Waits for `size` bytes. */
static void expect_bytes(int fd, const char *bytes, size_t size) {
  char got[512];
  for (size_t at = 0; at < size;) {
    struct pollfd one = {.fd = fd, .events = POLLIN};
    CHECK(size <= sizeof got && poll(&one, 1, PATIENCE) == 1);
    const ssize_t more = read(fd, got + at, size - at);
    CHECK(more > 0);
    at += (size_t)more;
  }
  CHECK(memcmp(got, bytes, size) == 0);
}

static void expect_end_of_file(int fd) {
  char byte;
  struct pollfd one = {.fd = fd, .events = POLLIN};
  CHECK(poll(&one, 1, PATIENCE) == 1);
  CHECK_INT(read(fd, &byte, 1), 0);
}

static void expect_file(const char *path, const char *beginning) {
  char text[256] = "";
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) >= 0);
  close(fd);
  if (strncmp(text, beginning, strlen(beginning)) != 0)
    fprintf(stderr, "%s: \"%s\"\n", path, text);
  CHECK(strncmp(text, beginning, strlen(beginning)) == 0);
}

static void commands_are_run(void) {
  struct shim shim = start_shim();
  ask(shim.socket, "1 run say.log say hello");
  expect(shim.socket, "1 done 0");
  expect_file(in(&shim, "say.log"), "hello\n");
  ask(shim.socket, "2 run - fail 7");
  expect(shim.socket, "2 done 7");
  /* Each with its own words. */
  ask(shim.socket, "2 run - count a b c d");
  expect(shim.socket, "2 done 4");
  ask(shim.socket, "2 run - count a");
  expect(shim.socket, "2 done 1");
  /* In one piece, and in many. */
  ask(shim.socket, "3 run - fail 3\n4 state\n5 run - fail 5");
  expect(shim.socket, "4 ok");
  const char *first = hear(shim.socket);
  CHECK(strcmp(first, "3 done 3") == 0 || strcmp(first, "5 done 5") == 0);
  hear(shim.socket);
  for (const char *at = "6 run - fail 6\n"; *at != '\0'; at++)
    send_bytes(shim.socket, at, 1);
  expect(shim.socket, "6 done 6");
  quit(&shim);
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
  struct shim shim = start_shim();
  char answer[64];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ask(shim.socket, rows[i].line);
    snprintf(answer, sizeof answer, "1 error %d", rows[i].error);
    expect(shim.socket, answer);
  }
  /* What has no number cannot be answered. */
  ask(shim.socket, "");
  ask(shim.socket, "   ");
  ask(shim.socket, "alone");
  ask(shim.socket, "123456789012345678901 state");
  send_bytes(shim.socket, "7 st\0ate\n", 9);
  expect(shim.socket, "7 error 38");
  ask(shim.socket, "8 state");
  expect(shim.socket, "8 ok");
  quit(&shim);
}

static void long_words_are_refused(void) {
  struct shim shim = start_shim();
  char line[512];
  /* A name has room for 64, a pid file for 80. */
  snprintf(line, sizeof line, "1 process %065d pipes - - - pid log make pid wait", 0);
  ask(shim.socket, line);
  expect(shim.socket, "1 error 22");
  snprintf(line, sizeof line, "2 process init pipes - - - %081d log make pid wait", 0);
  ask(shim.socket, line);
  expect(shim.socket, "2 error 22");
  snprintf(line, sizeof line, "3 process %064d pipes - - - pid log make pid exit 0", 0);
  ask(shim.socket, line);
  expect_started(shim.socket, "3");
  CHECK(strncmp(hear(shim.socket), "! exit 00", 9) == 0);
  quit(&shim);
}

static void many_words_are_cut(void) {
  struct shim shim = start_shim();
  char line[4000] = "1 run - fail 4";
  for (size_t size = strlen(line); size + 2 < sizeof line; size += 2)
    strcpy(line + size, " w");
  ask(shim.socket, line);
  expect(shim.socket, "1 done 4");
  quit(&shim);
}

static void endless_lines_end_the_connection(void) {
  struct shim shim = start_shim();
  const int other = join_shim(&shim);
  char block[5000];
  memset(block, 'x', sizeof block);
  /* What it has not read when it hangs up is an error to the sender. */
  (void)!send(other, block, sizeof block, MSG_NOSIGNAL);
  struct pollfd one = {.fd = other, .events = POLLIN};
  CHECK(poll(&one, 1, PATIENCE) == 1);
  CHECK(recv(other, block, 1, 0) <= 0);
  close(other);
  ask(shim.socket, "1 state");
  expect(shim.socket, "1 ok");
  quit(&shim);
}

static void connections_are_few(void) {
  struct shim shim = start_shim();
  int more[4];
  ask(shim.socket, "1 state");
  expect(shim.socket, "1 ok");
  for (unsigned i = 0; i < 4; i++)
    more[i] = join_shim(&shim);
  expect(more[3], "");
  close(more[3]);
  for (unsigned i = 0; i < 3; i++) {
    ask(more[i], "1 state");
    expect(more[i], "1 ok");
    close(more[i]);
  }
  quit(&shim);
}

static void ends_are_told_and_written_down(void) {
  struct shim shim = start_shim();
  const int other = join_shim(&shim);
  ask(other, "1 state");
  expect(other, "1 ok");
  ask(shim.socket, "1 process init pipes - - - pid log make pid wait");
  const pid_t pid = expect_started(shim.socket, "1");
  ask(shim.socket, "2 process init pipes - - - pid log make pid wait");
  expect(shim.socket, "2 error 17");
  ask(shim.socket, "3 forget init");
  expect(shim.socket, "3 error 16");
  ask(shim.socket, "4 process e1 pipes - - - e1.pid log make e1.pid exit 7");
  const pid_t exec = expect_started(shim.socket, "4");
  expect_exit(shim.socket, "e1", exec, 7);
  expect_exit(other, "e1", exec, 7);
  CHECK(access(in(&shim, "exit"), F_OK) < 0);
  ask(shim.socket, "5 signal init 15");
  expect(shim.socket, "5 ok");
  expect_exit(shim.socket, "init", pid, 128 + SIGTERM);
  expect_exit(other, "init", pid, 128 + SIGTERM);
  expect_file(in(&shim, "exit"), "143 ");
  CHECK(access(in(&shim, "exit.tmp"), F_OK) < 0);
  ask(shim.socket, "6 signal init 15");
  expect(shim.socket, "6 error 3");
  /* Whoever comes later is told, until it is forgotten. */
  close(other);
  const int later = join_shim(&shim);
  char line[128];
  ask(later, "1 state");
  snprintf(line, sizeof line, "! process init %d 143", (int)pid);
  expect(later, line);
  snprintf(line, sizeof line, "! process e1 %d 7", (int)exec);
  expect(later, line);
  expect(later, "1 ok");
  ask(later, "2 forget e1");
  expect(later, "2 ok");
  ask(later, "3 state");
  CHECK(strstr(hear(later), " init ") != NULL);
  expect(later, "3 ok");
  close(later);
  quit(&shim);
}

static void short_ones_are_not_missed(void) {
  struct shim shim = start_shim();
  char line[128], name[8];
  for (unsigned i = 0; i < 20; i++) {
    snprintf(name, sizeof name, "e%u", i);
    snprintf(line, sizeof line, "%u process %s pipes - - - %s.pid log make %s.pid exit %u", i, name, name, name, i);
    ask(shim.socket, line);
    snprintf(line, sizeof line, "%u", i);
    expect_exit(shim.socket, name, expect_started(shim.socket, line), (int)i);
  }
  quit(&shim);
}

static void orphans_are_reaped(void) {
  struct shim shim = start_shim();
  char command[160];
  ask(shim.socket, "1 process init pipes - - - pid log make pid orphan 5");
  expect_exit(shim.socket, "init", expect_started(shim.socket, "1"), 5);
  ask(shim.socket, "2 run - fail 0");
  expect(shim.socket, "2 done 0");
  snprintf(command, sizeof command, "test -z \"$(cat /proc/%d/task/%d/children)\"", (int)shim.pid, (int)shim.pid);
  CHECK_INT(system(command), 0);
  quit(&shim);
}

static void runtimes_that_fail_leave_nothing(void) {
  struct shim shim = start_shim();
  ask(shim.socket, "1 process init pipes - - - pid log fail 3");
  expect(shim.socket, "1 done 3");
  ask(shim.socket, "2 process init pipes - - - pid log none");
  expect(shim.socket, "2 error 3");
  ask(shim.socket, "3 state");
  expect(shim.socket, "3 ok");
  ask(shim.socket, "4 process init pipes - - - pid log make pid exit 1");
  expect_exit(shim.socket, "init", expect_started(shim.socket, "4"), 1);
  quit(&shim);
}

static void streams_stay_open_while_nobody_reads(void) {
  struct shim shim = start_shim();
  int out = open_fifo(&shim, "out");
  const int err = open_fifo(&shim, "err");
  ask(shim.socket, "1 process init pipes - out err pid log make pid say word");
  expect_exit(shim.socket, "init", expect_started(shim.socket, "1"), 0);
  expect_bytes(out, "word\n", 5);
  expect_end_of_file(out);
  /* The rest is there for whoever comes, until the end is. */
  close(err);
  out = open(in(&shim, "err"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  expect_bytes(out, "not word\n", 9);
  close(out);
  quit(&shim);
}

static void input_ends_when_it_is_told_to(void) {
  struct shim shim = start_shim();
  const int out = open_fifo(&shim, "out");
  CHECK_INT(mkfifo(in(&shim, "in"), 0600), 0);
  ask(shim.socket, "1 process init pipes in out - pid log make pid copy");
  const pid_t pid = expect_started(shim.socket, "1");
  for (unsigned round = 0; round < 2; round++) {
    /* A writer that goes is no end of the input. */
    const int writer = open(in(&shim, "in"), O_WRONLY | O_CLOEXEC);
    CHECK_INT(write(writer, "line\n", 5), 5);
    expect_bytes(out, "line\n", 5);
    close(writer);
  }
  ask(shim.socket, "2 close init");
  expect(shim.socket, "2 ok");
  expect_exit(shim.socket, "init", pid, 0);
  expect_end_of_file(out);
  close(out);
  quit(&shim);
}

static void drained_ones_write_on(void) {
  struct shim shim = start_shim();
  const int out = open_fifo(&shim, "out");
  CHECK_INT(mkfifo(in(&shim, "in"), 0600), 0);
  ask(shim.socket, "1 process e1 pipes in out - pid log make pid copy");
  const pid_t pid = expect_started(shim.socket, "1");
  close(out);
  const int writer = open(in(&shim, "in"), O_WRONLY | O_CLOEXEC);
  ask(shim.socket, "2 drain e1");
  expect(shim.socket, "2 ok");
  /* Ten times what a FIFO holds. */
  char block[4096];
  memset(block, 'w', sizeof block);
  for (unsigned i = 0; i < 160; i++)
    CHECK_INT(write(writer, block, sizeof block), (ssize_t)sizeof block);
  close(writer);
  ask(shim.socket, "3 close e1");
  expect(shim.socket, "3 ok");
  expect_exit(shim.socket, "e1", pid, 0);
  quit(&shim);
}

static void terminals_are_copied(void) {
  struct shim shim = start_shim();
  const int out = open_fifo(&shim, "out");
  CHECK_INT(mkfifo(in(&shim, "in"), 0600), 0);
  ask(shim.socket, "1 process init terminal in out - pid log terminal pid init.pty copy");
  const pid_t pid = expect_started(shim.socket, "1");
  const int writer = open(in(&shim, "in"), O_WRONLY | O_CLOEXEC);
  char block[3000];
  memset(block, 'y', sizeof block);
  for (size_t at = 0; at < sizeof block; at += 500) {
    CHECK_INT(write(writer, block + at, 500), 500);
    expect_bytes(out, block + at, 500);
  }
  ask(shim.socket, "2 resize init 33 101");
  expect(shim.socket, "2 ok");
  char path[64];
  struct winsize size;
  snprintf(path, sizeof path, "/proc/%d/fd/0", (int)pid);
  const int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(slave >= 0 && ioctl(slave, TIOCGWINSZ, &size) == 0);
  CHECK_INT(size.ws_row, 33);
  CHECK_INT(size.ws_col, 101);
  close(slave);
  /* Its end is no end of a terminal's input. */
  ask(shim.socket, "3 close init");
  expect(shim.socket, "3 ok");
  ask(shim.socket, "4 signal init 9");
  expect(shim.socket, "4 ok");
  expect_exit(shim.socket, "init", pid, 137);
  expect_end_of_file(out);
  ask(shim.socket, "5 resize init 1 1");
  expect(shim.socket, "5 error 25");
  close(writer);
  close(out);
  quit(&shim);
}

static void terminals_say_all_before_their_end(void) {
  struct shim shim = start_shim();
  const int out = open_fifo(&shim, "out");
  ask(shim.socket, "1 process init terminal - out - pid log terminal pid init.pty say word");
  expect_exit(shim.socket, "init", expect_started(shim.socket, "1"), 0);
  expect_bytes(out, "word\nnot word\n", 14);
  expect_end_of_file(out);
  close(out);
  quit(&shim);
}

/* An exec's terminal that nobody reads must not keep its end from being told. */
static void terminals_nobody_reads_end_all_the_same(void) {
  struct shim shim = start_shim();
  const int out = open_fifo(&shim, "out");
  CHECK_INT(mkfifo(in(&shim, "in"), 0600), 0);
  ask(shim.socket, "1 process e1 terminal in out - pid log terminal pid e1.pty copy");
  const pid_t pid = expect_started(shim.socket, "1");
  const int writer = open(in(&shim, "in"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  char block[4096];
  memset(block, 'z', sizeof block);
  for (unsigned still = 0; still < 20;) {
    still = write(writer, block, sizeof block) < 0 ? still + 1 : 0;
    usleep(2000);
  }
  ask(shim.socket, "2 signal e1 9");
  expect(shim.socket, "2 ok");
  expect_exit(shim.socket, "e1", pid, 137);
  close(writer);
  close(out);
  quit(&shim);
}

static void a_master_that_does_not_come_is_an_error(void) {
  struct shim shim = start_shim();
  const int out = open_fifo(&shim, "out");
  ask(shim.socket, "1 process init terminal - out - pid log make pid wait");
  expect(shim.socket, "1 error 11");
  ask(shim.socket, "2 process init terminal - out - pid log terminal pid init.pty nothing");
  expect(shim.socket, "2 error 71");
  ask(shim.socket, "3 state");
  expect(shim.socket, "3 ok");
  close(out);
  quit(&shim);
}

static void a_client_that_does_not_read_is_dropped(void) {
  struct shim shim = start_shim();
  const int other = join_shim(&shim), few = 1;
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
  ask(shim.socket, "1 state");
  expect(shim.socket, "1 ok");
  close(other);
  quit(&shim);
}

static void deserted_before_its_container_it_ends(void) {
  struct shim shim = start_shim();
  ask(shim.socket, "1 state");
  expect(shim.socket, "1 ok");
  shutdown(shim.socket, SHUT_RDWR);
  expect_end(&shim);
}

static void with_a_container_it_stays(void) {
  struct shim shim = start_shim();
  ask(shim.socket, "1 process init pipes - - - pid log make pid wait");
  const pid_t pid = expect_started(shim.socket, "1");
  close(shim.socket);
  shim.socket = join_shim(&shim);
  ask(shim.socket, "1 signal init 9");
  expect(shim.socket, "1 ok");
  expect_exit(shim.socket, "init", pid, 137);
  close(shim.socket);
  shim.socket = join_shim(&shim);
  ask(shim.socket, "1 forget init");
  expect(shim.socket, "1 ok");
  quit(&shim);
}

static void its_room_is_bounded(void) {
  struct shim shim = start_shim();
  char line[128];
  unsigned made = 0;
  for (; made < 200; made++) {
    snprintf(line, sizeof line, "1 process e%u pipes - - - pid log make pid exit 0", made);
    ask(shim.socket, line);
    const char *answer = hear(shim.socket);
    if (strcmp(answer, "1 error 11") == 0)
      break;
    CHECK(strncmp(answer, "1 started ", 10) == 0);
    CHECK(strncmp(hear(shim.socket), "! exit e", 8) == 0);
  }
  CHECK_INT(made, 128);
  ask(shim.socket, "2 forget e5");
  expect(shim.socket, "2 ok");
  ask(shim.socket, "3 process again pipes - - - pid log make pid exit 1");
  expect_exit(shim.socket, "again", expect_started(shim.socket, "3"), 1);
  quit(&shim);
}

static const struct test tests[] = {
    {"commands are run, and answered with their code", commands_are_run},
    {"wrong requests are refused, and the connection goes on", wrong_requests_are_refused},
    {"words that are too long are refused", long_words_are_refused},
    {"words beyond sixty-four are cut", many_words_are_cut},
    {"a line without end ends its connection alone", endless_lines_end_the_connection},
    {"a fifth connection is refused", connections_are_few},
    {"ends are told to all, written down, and remembered until forgotten", ends_are_told_and_written_down},
    {"ends that come before the runtime's are told after the start", short_ones_are_not_missed},
    {"children of children are reaped", orphans_are_reaped},
    {"a runtime that fails, or leaves no pid, leaves no process", runtimes_that_fail_leave_nothing},
    {"output waits for whoever comes, after the end too", streams_stay_open_while_nobody_reads},
    {"input goes on when a writer goes, and ends when it is told to", input_ends_when_it_is_told_to},
    {"one that is drained writes without end", drained_ones_write_on},
    {"a terminal is copied both ways and has its size", terminals_are_copied},
    {"a terminal says all before its end is told", terminals_say_all_before_their_end},
    {"a terminal that nobody reads has an end", terminals_nobody_reads_end_all_the_same},
    {"a master that does not come is an error", a_master_that_does_not_come_is_an_error},
    {"a client that does not read holds nobody up", a_client_that_does_not_read_is_dropped},
    {"deserted before it has a container, it ends", deserted_before_its_container_it_ends},
    {"deserted by all, it stays with its container", with_a_container_it_stays},
    {"its processes are bounded, and forgotten ones make room", its_room_is_bounded},
};
TEST_MAIN(tests)
