/* SPDX-License-Identifier: Apache-2.0
 *
 * NETLINK: a batch of messages, in the namespace of a socket the daemon passed or in the current one.
 */
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
