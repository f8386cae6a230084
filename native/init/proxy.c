/* SPDX-License-Identifier: Apache-2.0
 *
 * PROXY: what the helper needs before it forwards. Nothing of the daemon stays open in it but the socket.
 */
#include "init/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/sys.h"
#include "init/init.h"

enum { SOCKET = 3 };

static int option(int socket, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(socket, SOL_SOCKET, name, &value, &size) < 0 ? -errno : value;
}

/* A connection takes six descriptors: as many as we may have. */
static void raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit); /* then it is fewer */
}

/* The report slot goes with the others: that it is closed tells the daemon that we work. */
static int keep_only(int socket) {
  if (dup3(socket, SOCKET, O_CLOEXEC) < 0 && socket != SOCKET)
    return -errno;
  return tsk_close_range(SOCKET + 1, ~0u, 0);
}

int tsk_proxy_connect(const struct tsk_target *target, int type) {
  int fd = socket(target->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, target->protocol);
  if (fd < 0)
    return -errno;
  if (connect(fd, (const struct sockaddr *)&target->address, target->size) < 0 && errno != EINPROGRESS) {
    int error = -errno;
    close(fd);
    return error;
  }
  return fd;
}

int tsk_do_PROXY(struct tsk_context *context, const struct tsk_op *op) {
  const int slot = (int)op->args[0].u;
  struct tsk_target target = {.size = op->args[1].size};
  const int type = option(slot, SO_TYPE);
  int error;
  (void)context;
  if (type < 0)
    return type;
  if (target.size < sizeof(sa_family_t) || target.size > sizeof target.address)
    return -EINVAL;
  memcpy(&target.address, op->args[1].b, target.size);
  target.protocol = option(slot, SO_PROTOCOL);
  if (fcntl(slot, F_SETFL, O_NONBLOCK) < 0)
    return -errno;
  raise_limit();
  /* A client that hangs up in the middle of an answer: splice raises it since Linux 6.5, and has no flag to say no. */
  (void)signal(SIGPIPE, SIG_IGN);
  (void)prctl(PR_SET_NAME, "tsker-proxy", 0, 0, 0); /* for those who look at ps */
  tsk_report(TSKER_REPORT_EXEC, 0, 0);
  error = keep_only(slot);
  if (error < 0)
    return error;
  return type == SOCK_DGRAM ? tsk_proxy_datagrams(SOCKET, &target) : tsk_proxy_streams(SOCKET, &target);
}
