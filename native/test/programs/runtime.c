/* SPDX-License-Identifier: Apache-2.0
 *
 * What the shim's tests have it run in the place of an OCI runtime: a command line that says, fails, or leaves a process behind.
 *   runtime say WORD | fail CODE | count WORD... | none
 *   runtime make PID-FILE WHAT [WORD]    WHAT: exit CODE | kill SIGNAL | wait | say WORD | copy | orphan CODE
 *   runtime terminal PID-FILE SOCKET WHAT [WORD]
 * With a terminal the process has its slave as stdio, and the master is sent over SOCKET; `nothing` sends no descriptor.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static int copy(void) {
  char bytes[8192];
  ssize_t size;
  while ((size = read(0, bytes, sizeof bytes)) > 0)
    for (ssize_t at = 0; at < size;) {
      const ssize_t written = write(1, bytes + at, (size_t)(size - at));
      if (written < 0)
        return 1;
      at += written;
    }
  return size == 0 ? 0 : 1;
}

/* What is left behind; argv as in the head. */
static void be(char **argv) {
  const char *word = argv[1] == NULL ? "" : argv[1];
  if (strcmp(argv[0], "exit") == 0)
    _exit(atoi(word));
  if (strcmp(argv[0], "kill") == 0)
    raise(atoi(word));
  if (strcmp(argv[0], "say") == 0)
    _exit(dprintf(1, "%s\n", word) > 0 && dprintf(2, "not %s\n", word) > 0 ? 0 : 1);
  if (strcmp(argv[0], "copy") == 0)
    _exit(copy());
  /* Its child is nobody's when it ends, and so the subreaper's. */
  if (strcmp(argv[0], "orphan") == 0) {
    if (fork() == 0)
      _exit(99);
    usleep(10000);
    _exit(atoi(word));
  }
  for (;;)
    pause();
}

static int write_pid(const char *path, pid_t pid) {
  FILE *file = fopen(path, "w");
  return file != NULL && fprintf(file, "%d", (int)pid) > 0 && fclose(file) == 0 ? 0 : 1;
}

static int make(const char *pid_file, char **what) {
  const pid_t pid = fork();
  if (pid == 0)
    be(what);
  return write_pid(pid_file, pid);
}

static int send_master(const char *path, int master) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct iovec part = {.iov_base = "m", .iov_len = 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  strcpy(address.sun_path, path);
  if (master >= 0) {
    memcpy(CMSG_DATA(&control.header), &master, sizeof master);
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
  }
  return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && sendmsg(fd, &message, 0) == 1 ? 0 : 1;
}

static int make_terminal(const char *pid_file, const char *socket_path, char **what) {
  struct termios raw;
  const int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  int unlocked = 0;
  if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
    return 1;
  /* Before anybody can write to it: nothing is to be echoed. */
  const int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0 || tcgetattr(slave, &raw) < 0)
    return 1;
  raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
  raw.c_oflag &= ~(tcflag_t)OPOST;
  tcsetattr(slave, TCSANOW, &raw);
  for (int fd = 0; fd < 3; fd++)
    dup2(slave, fd);
  const pid_t pid = fork();
  if (pid == 0) {
    setsid();
    ioctl(0, TIOCSCTTY, 0);
    close(slave);
    close(master);
    be(what);
  }
  if (send_master(socket_path, strcmp(what[0], "nothing") == 0 ? -1 : master) != 0)
    return 1;
  return write_pid(pid_file, pid);
}

int main(int argc, char **argv) {
  if (argc > 4 && strcmp(argv[1], "terminal") == 0)
    return make_terminal(argv[2], argv[3], argv + 4);
  if (argc > 3 && strcmp(argv[1], "make") == 0)
    return make(argv[2], argv + 3);
  if (argc > 2 && strcmp(argv[1], "say") == 0)
    return dprintf(2, "%s\n", argv[2]) > 0 ? 0 : 1;
  if (argc > 1 && strcmp(argv[1], "count") == 0)
    return argc - 2;
  if (argc > 2 && strcmp(argv[1], "fail") == 0)
    return atoi(argv[2]);
  return 0;
}
