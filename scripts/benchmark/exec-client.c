/* SPDX-License-Identifier: Apache-2.0
 *
 * A client that execs `true` in a container through the Engine API, and takes hardly any time itself, so that the engine's is
 * what is measured: create, start attached, read to the end of the output, ask for the exit code.
 *   exec-client SOCKET CONTAINER
 * Each line on stdin is one exec; each line on stdout is what it took, in microseconds.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64 << 10 };

static const char *socket_path;

static void die(const char *what, const char *text) {
  fprintf(stderr, "exec-client: %s: %s\n", what, text);
  exit(1);
}

static int dial(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (strlen(socket_path) >= sizeof address.sun_path)
    die("too long", socket_path);
  strcpy(address.sun_path, socket_path);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
    die("no connection", socket_path);
  return fd;
}

/* A request with a JSON body, which may be empty. */
static void ask(int fd, const char *method, const char *body, const char *format, ...) {
  char path[512], request[2048];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(path, sizeof path, format, arguments);
  va_end(arguments);
  int size = snprintf(request, sizeof request,
                      "%s %s HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", method,
                      path, strlen(body), body);
  if (size < 0 || (size_t)size >= sizeof request || write(fd, request, (size_t)size) != size)
    die("not sent", path);
}

/* Whether `answer` is whole: its headers, and as much of a body as they say. */
static int is_whole(const char *answer, size_t size) {
  const char *body = strstr(answer, "\r\n\r\n");
  const char *length = strcasestr(answer, "\r\ncontent-length:");
  if (body == NULL)
    return 0;
  if (length != NULL && length < body)
    return size - (size_t)(body + 4 - answer) >= strtoul(length + 17, NULL, 10);
  return strstr(body, "\r\n0\r\n\r\n") != NULL;
}

/* Reads an answer; with `to_end` all that comes until the engine closes the connection. */
static const char *answer(int fd, int to_end) {
  static char text[MOST];
  size_t size = 0;
  text[0] = 0;
  while (to_end || !is_whole(text, size)) {
    ssize_t got = read(fd, text + size, sizeof text - 1 - size);
    if (got < 0 || (got == 0 && !to_end))
      die("cut short", text);
    if (got == 0)
      break;
    size += (size_t)got;
    text[size] = 0;
  }
  if (strncmp(text, "HTTP/1.1 20", 11) != 0 && strncmp(text, "HTTP/1.1 101", 12) != 0)
    die("refused", text);
  return text;
}

static int exec_true(int fd, const char *container) {
  char id[65] = "";
  const char *found;
  ask(fd, "POST", "{\"Cmd\":[\"true\"],\"AttachStdout\":true,\"AttachStderr\":true}", "/containers/%s/exec", container);
  found = strstr(answer(fd, 0), "\"Id\":\"");
  if (found == NULL || sscanf(found + 6, "%64[0-9a-f]", id) != 1)
    die("no id", container);
  ask(fd, "POST", "{\"Detach\":false,\"Tty\":false}", "/exec/%s/start", id);
  answer(fd, 1);
  close(fd);
  fd = dial();
  ask(fd, "GET", "", "/exec/%s/json", id);
  if (strstr(answer(fd, 0), "\"ExitCode\":0") == NULL)
    die("another exit code than 0", id);
  return fd;
}

int main(int argc, char **argv) {
  char line[16];
  int fd;
  if (argc != 3)
    die("usage", "exec-client SOCKET CONTAINER");
  socket_path = argv[1];
  fd = dial();
  while (fgets(line, sizeof line, stdin) != NULL) {
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    fd = exec_true(fd, argv[2]);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%ld\n", (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
    fflush(stdout);
  }
  return 0;
}
