/* SPDX-License-Identifier: Apache-2.0
 *
 * Netlink transport; see netlink.h. The kernel works a request off inside sendmsg, so acknowledgements are waiting when
 * it returns; only dumps go on while they are read.
 */
#include "common/netlink.h"

#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/sys.h"

enum { BUFFER = 64 << 10, SOCKET_BUFFER = 8 << 20, TIMEOUT_MS = 5000, DRAIN_LIMIT = 4096 };

/* The sequence numbers in flight, as a range, and how many answers are still to come. */
struct exchange {
  uint32_t first, last;
  uint32_t awaited;
  int error;
  bool disturbed;
  struct tsk_answers *answers;
};

int tsk_netlink_open(int protocol) {
  const int size = SOCKET_BUFFER, yes = 1;
  const struct sockaddr_nl self = {.nl_family = AF_NETLINK};
  int fd = (int)tsk_result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  int error;
  if (fd < 0)
    return fd;
  /* Best effort: an acknowledgement without a copy of the request, and room for a batch of thousands. */
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof yes);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  error = tsk_check(bind(fd, (const struct sockaddr *)&self, sizeof self));
  if (error == 0)
    return fd;
  close(fd);
  return error;
}

static bool is_dump(const struct nlmsghdr *header) { return (header->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP; }

static int survey(const uint8_t *request, uint32_t size, struct exchange *exchange) {
  struct nlmsghdr header;
  exchange->first = UINT32_MAX;
  for (uint32_t at = 0; at < size; at += NLMSG_ALIGN(header.nlmsg_len)) {
    if (size - at < sizeof header)
      return -EINVAL;
    memcpy(&header, request + at, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size - at || NLMSG_ALIGN(header.nlmsg_len) > size - at)
      return -EINVAL;
    if ((header.nlmsg_flags & NLM_F_ACK) != 0 || is_dump(&header))
      exchange->awaited++;
    if (header.nlmsg_seq < exchange->first)
      exchange->first = header.nlmsg_seq;
    if (header.nlmsg_seq > exchange->last)
      exchange->last = header.nlmsg_seq;
  }
  return exchange->awaited == 0 ? -EINVAL : 0;
}

static void drain(int fd) {
  char byte;
  for (int i = 0; i < DRAIN_LIMIT; i++)
    if (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) < 0 && errno != ENOBUFS && errno != EINTR)
      return;
}

static int send_request(int fd, const uint8_t *request, uint32_t size) {
  const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  ssize_t sent;
  do {
    sent = sendto(fd, request, size, MSG_NOSIGNAL, (const struct sockaddr *)&kernel, sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0)
    return -errno;
  return (uint32_t)sent == size ? 0 : -EMSGSIZE;
}

static int wait_readable(int fd) {
  struct pollfd socket_fd = {.fd = fd, .events = POLLIN};
  int ready = poll(&socket_fd, 1, TIMEOUT_MS);
  if (ready < 0)
    return errno == EINTR ? 0 : -errno;
  return ready == 0 ? -ETIMEDOUT : 0;
}

/* Bytes of the next datagram of the kernel; those of other senders are passed over. */
static int receive(int fd, uint8_t *buffer) {
  for (;;) {
    struct sockaddr_nl sender = {.nl_family = AF_NETLINK};
    struct iovec data = {.iov_base = buffer, .iov_len = BUFFER};
    struct msghdr message = {.msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &data, .msg_iovlen = 1};
    ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) {
      int error = wait_readable(fd);
      if (error < 0)
        return error;
      continue;
    }
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return -errno;
    if ((message.msg_flags & MSG_TRUNC) != 0)
      return -EMSGSIZE;
    if (sender.nl_pid == 0)
      return (int)size;
  }
}

/* The error an NLMSG_ERROR or NLMSG_DONE carries; DONE may be without. */
static int carried_error(const struct nlmsghdr *header, const uint8_t *payload) {
  int error = 0;
  if (header->nlmsg_len >= NLMSG_HDRLEN + sizeof error)
    memcpy(&error, payload, sizeof error);
  return error < 0 ? error : 0;
}

/* An answer too many is counted, not kept: the dump must be read to its end before the socket is of use again. */
static void keep_answer(struct exchange *exchange, const uint8_t *message, uint32_t size) {
  struct tsk_answers *answers = exchange->answers;
  const uint32_t padded = NLMSG_ALIGN(size);
  if (answers == NULL)
    return;
  if (padded > answers->capacity - answers->size) {
    exchange->error = exchange->error == 0 ? -EMSGSIZE : exchange->error;
    return;
  }
  memcpy(answers->bytes + answers->size, message, size);
  memset(answers->bytes + answers->size + size, 0, padded - size);
  answers->size += padded;
}

/* True when the exchange is over because of it. */
static bool take_message(struct exchange *exchange, const struct nlmsghdr *header, const uint8_t *message) {
  int error;
  if (header->nlmsg_seq < exchange->first || header->nlmsg_seq > exchange->last)
    return false;
  if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
    exchange->disturbed = true;
  if (header->nlmsg_type == NLMSG_NOOP)
    return false;
  if (header->nlmsg_type != NLMSG_ERROR && header->nlmsg_type != NLMSG_DONE) {
    keep_answer(exchange, message, header->nlmsg_len);
    return false;
  }
  error = carried_error(header, message + NLMSG_HDRLEN);
  if (error < 0) {
    exchange->error = error;
    return true;
  }
  return --exchange->awaited == 0;
}

static bool take_datagram(struct exchange *exchange, const uint8_t *buffer, uint32_t size) {
  struct nlmsghdr header;
  uint32_t at = 0;
  while (size - at >= sizeof header) {
    memcpy(&header, buffer + at, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size - at) {
      exchange->error = -EBADMSG;
      return true;
    }
    if (take_message(exchange, &header, buffer + at))
      return true;
    if (NLMSG_ALIGN(header.nlmsg_len) >= size - at)
      return false;
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return false;
}

static int collect(int fd, struct exchange *exchange, uint8_t *buffer) {
  for (;;) {
    int size = receive(fd, buffer);
    if (size < 0)
      return size;
    if (take_datagram(exchange, buffer, (uint32_t)size))
      break;
  }
  if (exchange->error < 0)
    return exchange->error;
  return exchange->disturbed ? -EINTR : 0;
}

int tsk_netlink_exchange(int fd, const uint8_t *request, uint32_t size, struct tsk_answers *answers) {
  struct exchange exchange = {.answers = answers};
  uint8_t buffer[BUFFER];
  int error = survey(request, size, &exchange);
  if (error < 0)
    return error;
  drain(fd);
  error = send_request(fd, request, size);
  return error < 0 ? error : collect(fd, &exchange, buffer);
}
