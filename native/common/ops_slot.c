/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on slots, the descriptors of the helper. The plan's and the report's own slots are out of their reach.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "common/ops.h"
#include "common/sys.h"

static bool is_slot(uint64_t slot) {
  return slot < TSKER_SLOT_MAX && slot != TSKER_SLOT_PLAN && slot != TSKER_SLOT_REPORT;
}

/* Standard descriptors outlive the exec, all others end with it. */
static int place_at(int fd, int slot) {
  const int close_on_exec = slot > 2 ? O_CLOEXEC : 0;
  if (fd != slot)
    return tsk_check(dup3(fd, slot, close_on_exec));
  return tsk_check(fcntl(fd, F_SETFD, close_on_exec != 0 ? FD_CLOEXEC : 0));
}

int tsk_send_descriptor(int socket_fd, int fd) {
  char byte = 0;
  struct iovec data = {.iov_base = &byte, .iov_len = 1};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  struct cmsghdr *part;
  memset(&control, 0, sizeof control);
  part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(part), &fd, sizeof fd);
  return sendmsg(socket_fd, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int tsk_do_OPEN(struct tsk_context *context, const struct tsk_op *op) {
  const int slot = (int)op->args[0].u;
  int fd, error;
  (void)context;
  if (!is_slot(op->args[0].u))
    return -EBADF;
  fd = (int)tsk_result(open(op->args[1].s, (int)op->args[2].u | O_CLOEXEC, (mode_t)op->args[3].u));
  if (fd < 0)
    return fd;
  error = place_at(fd, slot);
  if (fd != slot)
    close(fd);
  return error;
}

int tsk_do_CLOSE(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return is_slot(op->args[0].u) ? tsk_check(close((int)op->args[0].u)) : -EBADF;
}

int tsk_do_DUP(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  if (!is_slot(op->args[0].u) || !is_slot(op->args[1].u))
    return -EBADF;
  return place_at((int)op->args[0].u, (int)op->args[1].u);
}

int tsk_do_TELL(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return is_slot(op->args[0].u) ? tsk_write_all((int)op->args[0].u, "", 1) : -EBADF;
}

int tsk_do_WAIT(struct tsk_context *context, const struct tsk_op *op) {
  char byte;
  ssize_t size;
  (void)context;
  if (!is_slot(op->args[0].u))
    return -EBADF;
  do {
    size = read((int)op->args[0].u, &byte, 1);
  } while (size < 0 && errno == EINTR);
  if (size < 0)
    return -errno;
  return size == 0 ? -ECANCELED : 0;
}
