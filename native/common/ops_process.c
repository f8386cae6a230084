/* SPDX-License-Identifier: Apache-2.0
 *
 * What belongs to the process itself: namespaces, names, limits, session, and the tie to the daemon's life.
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/ops.h"
#include "common/sys.h"

int tsk_do_UNSHARE(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return op->args[0].u > INT32_MAX ? -EINVAL : tsk_check(unshare((int)op->args[0].u));
}

int tsk_do_SETNS(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  if (op->args[0].u >= TSKER_SLOT_MAX || op->args[1].u > INT32_MAX)
    return -EINVAL;
  return tsk_check(setns((int)op->args[0].u, (int)op->args[1].u));
}

int tsk_do_HOSTNAME(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return tsk_check(sethostname(op->args[0].s, op->args[0].size));
}

int tsk_do_DOMAINNAME(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return tsk_check(setdomainname(op->args[0].s, op->args[0].size));
}

int tsk_do_RLIMIT(struct tsk_context *context, const struct tsk_op *op) {
  const uint64_t limit[2] = {op->args[1].u, op->args[2].u}; /* struct rlimit64 */
  (void)context;
  return TSK_CALL(SYS_prlimit64, 0, (unsigned)op->args[0].u, limit, NULL);
}

/* Kept for EXEC: the operations until then create what their modes say. */
int tsk_do_UMASK(struct tsk_context *context, const struct tsk_op *op) {
  context->umask = (mode_t)(op->args[0].u & 0777u);
  return 0;
}

int tsk_do_NICE(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return tsk_check(setpriority(PRIO_PROCESS, 0, (int)op->args[0].i));
}

int tsk_do_SETSID(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  (void)op;
  return tsk_check(setsid());
}

/* The daemon may have died before the signal was asked for; getppid says nothing in a new PID namespace, its pidfd does. */
int tsk_do_DEATHSIG(struct tsk_context *context, const struct tsk_op *op) {
  struct pollfd daemon = {.fd = (int)op->args[1].u, .events = POLLIN};
  int ready;
  (void)context;
  if (op->args[1].u >= TSKER_SLOT_MAX)
    return -EBADF;
  if (prctl(PR_SET_PDEATHSIG, (unsigned long)op->args[0].u) < 0)
    return -errno;
  ready = poll(&daemon, 1, 0);
  if (ready < 0)
    return -errno;
  if ((daemon.revents & POLLNVAL) != 0)
    return -EBADF;
  return ready > 0 ? -ESRCH : 0;
}
