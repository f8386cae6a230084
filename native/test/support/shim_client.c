/* SPDX-License-Identifier: Apache-2.0
 *
 * See shim_client.h.
 */
#include "test/support/shim_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *environment(const char *name) {
  const char *value = getenv(name);
  CHECK(value != NULL);
  return value;
}

struct shim test_shim_start(void) {
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

const char *test_shim_path(const struct shim *shim, const char *name) {
  static char paths[4][160];
  static unsigned at;
  char *path = paths[at++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", shim->directory, name);
  return path;
}

void test_shim_send(int socket, const char *bytes, size_t size) {
  CHECK_INT(send(socket, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

void test_shim_ask(int socket, const char *line) {
  test_shim_send(socket, line, strlen(line));
  test_shim_send(socket, "\n", 1);
}

const char *test_shim_hear(int socket) {
  static char line[512];
  size_t size = 0;
  for (;;) {
    struct pollfd one = {.fd = socket, .events = POLLIN};
    CHECK(poll(&one, 1, TEST_SHIM_PATIENCE) == 1);
    const ssize_t got = recv(socket, line + size, 1, 0);
    if (got <= 0 || line[size] == '\n')
      break;
    CHECK(++size < sizeof line);
  }
  line[size] = '\0';
  return line;
}

void test_shim_expect(int socket, const char *line) {
  const char *heard = test_shim_hear(socket);
  if (strcmp(heard, line) != 0)
    fprintf(stderr, "heard \"%s\", not \"%s\"\n", heard, line);
  CHECK(strcmp(heard, line) == 0);
}

pid_t test_shim_expect_started(int socket, const char *sequence) {
  char word[32], verb[32];
  int pid = 0;
  const char *line = test_shim_hear(socket);
  if (sscanf(line, "%31s %31s %d", word, verb, &pid) != 3)
    fprintf(stderr, "heard \"%s\"\n", line);
  CHECK(strcmp(word, sequence) == 0 && strcmp(verb, "started") == 0 && pid > 1);
  return pid;
}

void test_shim_expect_exit(int socket, const char *name, pid_t pid, int code) {
  char line[128];
  snprintf(line, sizeof line, "! exit %s %d %d", name, (int)pid, code);
  test_shim_expect(socket, line);
}

void test_shim_expect_end(struct shim *shim) {
  int status;
  CHECK_INT(waitpid(shim->pid, &status, 0), shim->pid);
  CHECK_INT(status, 0);
  CHECK(access(test_shim_path(shim, "shim.sock"), F_OK) < 0 && errno == ENOENT);
  close(shim->socket);
}

void test_shim_quit(struct shim *shim) {
  test_shim_ask(shim->socket, "99 quit");
  test_shim_expect(shim->socket, "99 ok");
  test_shim_expect_end(shim);
}

int test_shim_join(const struct shim *shim) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", test_shim_path(shim, "shim.sock"));
  for (unsigned waited = 0; connect(fd, (struct sockaddr *)&address, sizeof address) < 0; waited++) {
    CHECK(waited < TEST_SHIM_PATIENCE);
    usleep(1000);
  }
  return fd;
}

void test_shim_expect_file(const char *path, const char *beginning) {
  char text[256] = "";
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) >= 0);
  close(fd);
  if (strncmp(text, beginning, strlen(beginning)) != 0)
    fprintf(stderr, "%s: \"%s\"\n", path, text);
  CHECK(strncmp(text, beginning, strlen(beginning)) == 0);
}
