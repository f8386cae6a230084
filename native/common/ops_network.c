/* SPDX-License-Identifier: Apache-2.0
 *
 * NETLINK: a batch of messages, in the namespace of a socket the daemon passed or in the current one.
 * SOCKET: a socket that listens in the current namespace, for the daemon to serve.
 */
#include <sys/socket.h>

#include "common/netlink.h"
#include "common/ops.h"
#include "common/sys.h"

int tsk_do_NETLINK(struct tsk_context *context, const struct tsk_op *op) {
  const struct tsk_arg *messages = &op->args[2];
  int fd, error;
  (void)context;
  if (op->args[0].i >= 0) {
    if (op->args[0].i >= TSKER_SLOT_MAX)
      return -EBADF;
    return tsk_netlink_exchange((int)op->args[0].i, messages->b, messages->size, NULL);
  }
  if (op->args[1].u > INT32_MAX)
    return -EINVAL;
  fd = tsk_netlink_open((int)op->args[1].u);
  if (fd < 0)
    return fd;
  error = tsk_netlink_exchange(fd, messages->b, messages->size, NULL);
  close(fd);
  return error;
}

static int open_bound(const struct tsk_op *op) {
  const struct tsk_arg *address = &op->args[3];
  const int backlog = (int)op->args[4].u, yes = 1;
  int error, fd = (int)tsk_result(socket((int)op->args[1].u, (int)op->args[2].u | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd < 0)
    return fd;
  error = tsk_check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
  if (error == 0)
    error = tsk_check(bind(fd, (const struct sockaddr *)(const void *)address->b, (socklen_t)address->size));
  if (error == 0 && backlog > 0)
    error = tsk_check(listen(fd, backlog));
  if (error == 0)
    return fd;
  close(fd);
  return error;
}

int tsk_do_SOCKET(struct tsk_context *context, const struct tsk_op *op) {
  int fd, error;
  (void)context;
  if (op->args[0].u >= TSKER_SLOT_MAX)
    return -EBADF;
  if (op->args[1].u > INT32_MAX || op->args[2].u > INT32_MAX)
    return -EINVAL;
  if (op->args[3].size > sizeof(struct sockaddr_storage) || op->args[4].u > SOMAXCONN)
    return -EINVAL;
  fd = open_bound(op);
  if (fd < 0)
    return fd;
  error = tsk_send_descriptor((int)op->args[0].u, fd);
  close(fd);
  return error;
}
