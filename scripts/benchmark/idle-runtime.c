/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line of an OCI runtime that makes no container: what a start costs without what a runtime does. `create` leaves a process
 * that waits, and its pid; `delete` ends it. `time CREATE-WORD... -- START-WORD...` runs both as their parent, with
 * nothing between them, and prints how many milliseconds that took.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int create(const char *pid_file) {
  char text[24];
  const pid_t pid = fork();
  if (pid == 0) {
    /* Whoever reads what we say is not to wait for it. */
    for (int fd = 0; fd <= 2; fd++)
      close(fd);
    for (;;)
      pause();
  }
  const int fd = open(pid_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (pid < 0 || fd < 0)
    return 1;
  const int size = snprintf(text, sizeof text, "%d", (int)pid);
  return write(fd, text, (size_t)size) == size ? 0 : 1;
}

/* Of the bundle that it is in, whose first process it is. */
static int end(const char *pid_file) {
  char text[24] = "";
  const int fd = open(pid_file, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
    return 1;
  const long pid = strtol(text, NULL, 10);
  return pid > 1 && kill((pid_t)pid, SIGKILL) == 0 ? 0 : 1;
}

static int run(char **argv) {
  int status;
  const pid_t pid = fork();
  if (pid == 0) {
    execv("/proc/self/exe", argv);
    _exit(127);
  }
  return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* argv[1], "time", becomes the program's name for the first command, the separator for the second. */
static int measure(char **argv) {
  char **second = argv + 1;
  while (*second != NULL && strcmp(*second, "--") != 0)
    second++;
  if (*second == NULL)
    return 2;
  char *separator = *second;
  const double begun = now();
  *second = NULL;
  if (run(argv + 1) != 0)
    return 1;
  *second = separator;
  if (run(second) != 0)
    return 1;
  printf("%.4f\n", now() - begun);
  return 0;
}

int main(int argc, char **argv) {
  const char *pid_file = "init.pid";
  if (argc > 1 && strcmp(argv[1], "time") == 0)
    return measure(argv);
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], "--pid-file") == 0)
      pid_file = argv[i + 1];
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "create") == 0)
      return create(pid_file);
    if (strcmp(argv[i], "delete") == 0)
      return end(pid_file);
  }
  return 0;
}
