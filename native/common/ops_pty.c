/* SPDX-License-Identifier: Apache-2.0
 *
 * PTY: a terminal of the container's own devpts. With ROOT set (a container's start, before or after PIVOT) it is
 * /dev/pts/ptmx inside the root, and the slave is also bound on /dev/console; without (a process joining a container)
 * it is /dev/pts/ptmx of the namespace joined, and the console is left as it is.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "common/ops.h"
#include "common/sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

enum { PTMX_MAJOR = 5, PTMX_MINOR = 2 };

/* Whoever controls the container may have mounted something else there: it must be the multiplexer itself. */
static int check_multiplexer(int fd) {
  struct stat status;
  int error = tsk_fstat(fd, &status);
  if (error < 0)
    return error;
  return S_ISCHR(status.st_mode) && major(status.st_rdev) == PTMX_MAJOR && minor(status.st_rdev) == PTMX_MINOR ? 0 : -ENODEV;
}

static int open_master(const struct tsk_context *context) {
  const struct tsk_op within = {.flags = context->root_fd >= 0 ? TSKER_OPF_IN_ROOT : 0};
  const int unlocked = 0;
  int fd = tsk_open(context, &within, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0);
  int error;
  if (fd < 0)
    return fd;
  error = check_multiplexer(fd);
  if (error == 0)
    error = tsk_check(fcntl(fd, F_SETFL, O_RDWR));
  if (error == 0)
    error = tsk_check(ioctl(fd, TIOCSPTLCK, &unlocked));
  if (error == 0)
    return fd;
  close(fd);
  return error;
}

static int bind_console(struct tsk_context *context, int slave) {
  char number[TSK_FD_PATH];
  struct tsk_op bind_op = {.op = TSKER_OP_BIND, .flags = TSKER_OPF_IN_ROOT};
  int error = tsk_make_file(context, &bind_op, "/dev/console", 0600);
  if (error < 0)
    return error;
  /* By descriptor, for /proc may be the container's by now: the decimal of the path is a source for BIND_SLOT. */
  tsk_fd_path(slave, number);
  bind_op.args[0].s = strrchr(number, '/') + 1;
  bind_op.args[1].s = "/dev/console";
  bind_op.args[2].u = TSKER_BIND_SLOT;
  return tsk_do_BIND(context, &bind_op);
}

static int adopt_slave(struct tsk_context *context, int slave) {
  int error = context->root_fd >= 0 ? bind_console(context, slave) : 0;
  if (error < 0)
    return error;
  for (int fd = 0; fd <= 2; fd++)
    if (slave != fd && dup2(slave, fd) < 0)
      return -errno;
  if (setsid() < 0 && errno != EPERM) /* EPERM: SETSID came before */
    return -errno;
  return tsk_check(ioctl(0, TIOCSCTTY, 0));
}

static int set_up(struct tsk_context *context, int socket_fd, int master, const struct winsize *size) {
  int error, slave = (int)tsk_result(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (slave < 0)
    return slave;
  error = tsk_check(ioctl(master, TIOCSWINSZ, size));
  if (error == 0)
    error = tsk_send_descriptor(socket_fd, master);
  if (error == 0)
    error = adopt_slave(context, slave);
  if (slave > 2)
    close(slave);
  return error;
}

int tsk_do_PTY(struct tsk_context *context, const struct tsk_op *op) {
  const struct winsize size = {.ws_row = (unsigned short)op->args[1].u, .ws_col = (unsigned short)op->args[2].u};
  int master, error;
  if (op->args[0].u >= TSKER_SLOT_MAX || op->args[1].u > UINT16_MAX || op->args[2].u > UINT16_MAX)
    return -EINVAL;
  master = open_master(context);
  if (master < 0)
    return master;
  error = set_up(context, (int)op->args[0].u, master, &size);
  close(master);
  return error;
}
