/* SPDX-License-Identifier: Apache-2.0
 *
 * A terminal's master, which the runtime sends over a socket (SCM_RIGHTS), copied from and to the FIFOs. Nothing is read that
 * could not be written at once, so that only input has a buffer: a terminal takes less than a FIFO holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shim/shim.h"

int shim_listen_console(struct shim_process *process, const char *path) {
  const int fd = shim_listen(path);
  if (fd < 0)
    return fd;
  process->console = fd;
  return 0;
}

static int receive(int socket) {
  char byte[256];
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec part = {.iov_base = byte, .iov_len = sizeof byte};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  int fd;
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
    return -errno;
  const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof(int)))
    return -EPROTO;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

/* The runtime has ended: what it sent waits in the socket. */
int shim_take_master(struct shim_process *process) {
  int connection = accept4(process->console, NULL, NULL, SOCK_CLOEXEC);
  const int error = connection < 0 ? -errno : 0;
  shim_close(&process->console);
  if (error < 0)
    return error;
  process->master = receive(connection);
  close(connection);
  if (process->master < 0)
    return process->master;
  fcntl(process->master, F_SETFL, O_RDWR | O_NONBLOCK);
  process->in_read = process->in_write;
  process->in_write = -1;
  return 0;
}

int shim_resize(struct shim_process *process, unsigned rows, unsigned columns) {
  const struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  if (process->master < 0)
    return -ENOTTY;
  return ioctl(process->master, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

static short ready(int fd, short events) {
  struct pollfd one = {.fd = fd, .events = events};
  return poll(&one, 1, 0) > 0 ? one.revents : 0;
}

/* Of two ends that must both be ready, the one that is not is waited for. */
int shim_terminal_polls(const struct shim_process *process, struct pollfd *polls) {
  if (process->master < 0)
    return 0;
  const bool has_output = (ready(process->master, POLLIN) & (POLLIN | POLLHUP)) != 0;
  polls[0] = has_output ? (struct pollfd){.fd = process->out_write, .events = POLLOUT}
                        : (struct pollfd){.fd = process->master, .events = POLLIN};
  if (process->in_read < 0)
    return 1;
  polls[1] = process->pending > 0 ? (struct pollfd){.fd = process->master, .events = POLLOUT}
                                  : (struct pollfd){.fd = process->in_read, .events = POLLIN};
  return 2;
}

/* False when nothing more comes: no slave is open (EIO), or it has ended and all that it wrote was read. */
static bool copy_output(struct shim_process *process) {
  char chunk[SHIM_CHUNK];
  while ((ready(process->out_write, POLLOUT) & POLLOUT) != 0) {
    const ssize_t size = read(process->master, chunk, sizeof chunk);
    if (size > 0) {
      if (write(process->out_write, chunk, (size_t)size) < 0)
        return false;
      continue;
    }
    if (size < 0 && errno == EINTR)
      continue;
    return size < 0 && errno == EAGAIN && process->status == SHIM_RUNNING;
  }
  return true;
}

static void copy_input(struct shim *shim, struct shim_process *process) {
  char *const input = shim->inputs[process - shim->processes];
  for (;;) {
    if (process->pending == 0) {
      const ssize_t size = process->in_read < 0 ? -1 : read(process->in_read, input, SHIM_CHUNK);
      if (size <= 0)
        return;
      process->pending = (uint16_t)size;
      process->pending_at = 0;
    }
    const ssize_t size = write(process->master, input + process->pending_at, process->pending);
    if (size < 0)
      return;
    process->pending = (uint16_t)(process->pending - size);
    process->pending_at = (uint16_t)(process->pending_at + size);
  }
}

void shim_terminal_copy(struct shim *shim, struct shim_process *process) {
  if (process->master < 0)
    return;
  copy_input(shim, process);
  if (copy_output(process))
    return;
  if (process->status != SHIM_RUNNING)
    shim_conclude(shim, process);
  else
    shim_close(&process->master);
}
