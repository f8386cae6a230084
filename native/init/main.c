/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker-init: the first program of a new process. It exists because the daemon cannot set a process up from outside, and
 * must not fork its own multi-threaded self. The daemon executes it from a sealed memfd; it executes the plan in slot 3,
 * reports failures (and traces) on slot 4, and becomes the container's program; only with --init it stays, as PID 1.
 *
 * Every signal is blocked on entry. Slots from 3 on become close-on-exec at once, so nothing of the daemon reaches the
 * program. The exit code of a plan that failed is 125; nobody should look at it, for the report says more.
 */
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include "common/sys.h"

enum { PLAN_FAILED = 125 };

static int report_fd = TSKER_SLOT_REPORT;

int tsk_report(uint32_t index, int error, uint64_t ns) {
  const struct tsker_report report = {.index = index, .error = -error, .ns = ns};
  return tsk_write_all(report_fd, &report, sizeof report);
}

int tsk_lift_report(void) {
  const int lifted = tsk_lift(report_fd);
  if (lifted >= 0)
    report_fd = lifted;
  return lifted < 0 ? lifted : 0;
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Ignored signals survive exec (Node ignores SIGPIPE), handlers do not: everything becomes the default again. The raw
 * call, because musl keeps two signals for itself; 8 bytes of mask is the kernel's sigset_t. Of SIGPIPE the program is to
 * know nothing: it is EXEC that makes it the default, since a report without a reader must not end us. */
static void reset_signals(void) {
  static const struct {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
  } standard = {.handler = NULL};
  const uint64_t none = 0;
  for (int number = 1; number <= 64; number++)
    syscall(SYS_rt_sigaction, number, &standard, NULL, sizeof standard.mask);
  signal(SIGPIPE, SIG_IGN);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

/* close_range with CLOEXEC came with 5.11. */
static int hide_slots(void) {
  int error = tsk_close_range(3, ~0u, TSK_CLOSE_RANGE_CLOEXEC);
  if (error == 0)
    return 0;
  for (int fd = 3; fd < TSKER_SLOT_MAX; fd++)
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  return 0;
}

/* Sealed by the daemon: what was checked cannot change under the executor. */
static int read_plan(struct tsk_plan *plan) {
  struct stat status;
  void *bytes;
  int error = tsk_fstat(TSKER_SLOT_PLAN, &status);
  if (error < 0)
    return error;
  if (status.st_size <= 0 || status.st_size > TSKER_PLAN_MAX)
    return -EINVAL;
  bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, TSKER_SLOT_PLAN, 0);
  if (bytes == MAP_FAILED)
    return -errno;
  return tsk_plan_check(plan, bytes, (size_t)status.st_size, TSK_IN_HELPER, NULL);
}

/* True when the plan goes on. */
static bool run_one(struct tsk_context *context, const struct tsk_op *op, bool traced) {
  const uint64_t begin = traced ? now() : 0;
  const int error = tsk_op_run(context, op);
  const uint64_t ns = traced ? now() - begin : 0;
  if (error < 0 && (op->flags & TSKER_OPF_OPTIONAL) != 0) {
    tsk_report(op->index | TSKER_REPORT_CONTINUED, error, ns);
    return true;
  }
  if (error < 0 || traced)
    tsk_report(op->index, error, ns);
  return error == 0;
}

static bool run_plan(struct tsk_plan *plan, struct tsk_context *context) {
  const bool traced = (plan->header.flags & TSKER_PLAN_TRACE) != 0;
  struct tsk_op op;
  while (tsk_plan_next(plan, &op) > 0)
    if (!run_one(context, &op, traced))
      return false;
  return true;
}

/*
 * Whoever is in the namespaces that the plan joins must not look into us (CVE-2016-9962): between the loss of the last
 * capability and execve, root of the container could trace us and take our descriptors, the daemon's pidfd among them.
 * execve of the program makes it dumpable again.
 */
static void forbid_tracing(void) { (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* We came first only as long as the daemon waited for us. The raw call: musl has none. */
static void give_priority_back(void) {
  const struct sched_param parameter = {.sched_priority = 0};
  if (getenv(TSK_HELPER_LENT) != NULL)
    syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameter);
}

int main(void) {
  struct tsk_context context = TSK_CONTEXT;
  struct tsk_plan plan;
  int error;
  give_priority_back();
  forbid_tracing();
  hide_slots();
  reset_signals();
  umask(0);
  error = read_plan(&plan);
  if (error < 0) {
    tsk_report(UINT32_MAX, error, 0);
    return PLAN_FAILED;
  }
  if (!run_plan(&plan, &context))
    return PLAN_FAILED;
  tsk_report(TSKER_REPORT_EXEC, 0, 0); /* a plan without EXEC: it was all there was to do */
  return 0;
}
