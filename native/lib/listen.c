/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets on the host: for published ports (whether one may be had is known when it is bound, before anything starts), and to
 * whoever wants a container's terminal.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/internal.h"

enum { BACKLOG = 4096 };

/* An IPv6 socket is for IPv6 only: the same port of IPv4 has a socket of its own. */
static int prepare(int fd, int family, int type) {
  const int on = 1;
  if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0)
    return -errno;
  /* What a connection of the previous owner left in TIME_WAIT is no obstacle. Datagrams would be shared. */
  if (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
    return -errno;
  return 0;
}

int32_t tsker_listen(const uint8_t *address, uint32_t size, int32_t type, int32_t protocol) {
  struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
  int error, fd;
  if (address == NULL || size < sizeof(sa_family_t) || size > sizeof bound)
    return -EINVAL;
  memcpy(&bound, address, size);
  fd = socket(bound.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0)
    return -errno;
  error = prepare(fd, bound.ss_family, type);
  if (error == 0)
    error = tsk_check(bind(fd, (const struct sockaddr *)&bound, size));
  if (error == 0 && type == SOCK_STREAM)
    error = tsk_check(listen(fd, BACKLOG));
  if (error == 0)
    return fd;
  close(fd);
  return error;
}

int32_t tsker_connect(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const size_t length = strlen(path);
  int error, fd;
  if (length >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  memcpy(address.sun_path, path, length + 1);
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  error = tsk_check(connect(fd, (const struct sockaddr *)&address, sizeof address));
  if (error == 0)
    return fd;
  close(fd);
  return error;
}
