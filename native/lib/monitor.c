/* SPDX-License-Identifier: Apache-2.0
 *
 * The reaper: one thread, an epoll of pidfds and report pipes, that turns what the helpers report and how processes end
 * into events. It starts nothing (spawn.c) and decides nothing.
 *
 * Order for one process: TRACE records as they come, then EXECED or FAILED, then EXITED, always. When a pidfd is ready
 * before its report was read, the report is drained first: the writer is dead, so all it said is in the pipe.
 */
#include "lib/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sys.h"

/* A pipe of the default size takes 4096 reports; a plan that cannot fill it is read when it ends, in one wake-up. */
enum { BATCH = 64, REPORTS_IN_PIPE = 4096 };

struct watched {
  uint64_t id;
  int pidfd;
  int report_fd; /* -1: settled, or there was none */
  bool trace;
  bool leave; /* its status is another's to take */
  bool executing; /* the helper said that execve is next */
};

static struct {
  int epoll_fd;
} monitor = {.epoll_fd = -1};

/* Which descriptor of a process an epoll record speaks of: the lowest bit of the (aligned) pointer. */
enum { ABOUT_PIDFD = 0, ABOUT_REPORT = 1 };

static int epoll_set(int operation, int fd, uint32_t events, struct watched *process, uintptr_t about) {
  struct epoll_event event = {.events = events, .data.u64 = (uint64_t)((uintptr_t)process | about)};
  return tsk_check(epoll_ctl(monitor.epoll_fd, operation, fd, &event));
}

/* Closing alone would leave the record behind while a duplicate (the caller's pidfd, a child not yet at its exec) lives. */
static void epoll_close(int fd) {
  epoll_ctl(monitor.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
  close(fd);
}

static void emit_outcome(const struct watched *process, uint32_t type, int32_t a, int32_t b, uint64_t ns) {
  const struct tsker_event event = {.id = process->id, .type = type, .a = a, .b = b, .ns = ns};
  tsk_emit(&event);
}

static void settle(struct watched *process) {
  epoll_close(process->report_fd);
  process->report_fd = -1;
}

/* One record of the helper; true when it settled the start. */
static bool take_report(struct watched *process, const struct tsker_report *report) {
  if (report->index == TSKER_REPORT_EXEC) {
    process->executing = true;
    return false;
  }
  if (report->index != UINT32_MAX && (report->index & TSKER_REPORT_CONTINUED) != 0) {
    emit_outcome(process, TSKER_EV_TRACE, (int32_t)(report->index & ~TSKER_REPORT_CONTINUED), report->error, report->ns);
    return false;
  }
  if (process->trace && report->index != UINT32_MAX)
    emit_outcome(process, TSKER_EV_TRACE, (int32_t)report->index, report->error, report->ns);
  if (report->error == 0)
    return false;
  emit_outcome(process, TSKER_EV_FAILED, (int32_t)report->index, report->error, tsk_now());
  settle(process);
  return true;
}

/* End of file without a failure: the program runs if the helper had come to its execve, else the helper was killed. */
static void take_end(struct watched *process) {
  if (process->executing)
    emit_outcome(process, TSKER_EV_EXECED, 0, 0, tsk_now());
  else
    emit_outcome(process, TSKER_EV_FAILED, -1, ECANCELED, tsk_now());
  settle(process);
}

/* Reads what the pipe holds; `dead`: nothing more can come. Reports are written whole (below PIPE_BUF). */
static void read_report(struct watched *process, bool dead) {
  struct tsker_report reports[BATCH];
  while (process->report_fd >= 0) {
    ssize_t size = read(process->report_fd, reports, sizeof reports);
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0 && errno == EAGAIN && !dead)
      return;
    if (size <= 0) {
      take_end(process);
      return;
    }
    for (size_t i = 0; i < (size_t)size / sizeof *reports; i++)
      if (take_report(process, &reports[i]))
        return;
  }
}

static void forget(struct watched *process) {
  epoll_close(process->pidfd);
  free(process);
}

/* The process has ended: reap it (ECHILD: it was adopted, not ours to reap). */
static void reap(struct watched *process) {
  siginfo_t info;
  int error;
  memset(&info, 0, sizeof info);
  if (process->report_fd >= 0)
    read_report(process, true);
  do {
    error = tsk_check(waitid((idtype_t)TSK_P_PIDFD, (id_t)process->pidfd, &info, WEXITED | __WALL | (process->leave ? WNOWAIT : 0)));
  } while (error == -EINTR);
  if (error == 0)
    emit_outcome(process, TSKER_EV_EXITED, info.si_status, info.si_code, tsk_now());
  else
    emit_outcome(process, TSKER_EV_EXITED, 0, 0, tsk_now());
  forget(process);
}

/* Reports before exits: within one batch a record of a process that reap() frees must not be left for later. */
static void dispatch(const struct epoll_event *events, int count) {
  for (int i = 0; i < count; i++)
    if ((events[i].data.u64 & ABOUT_REPORT) != 0)
      read_report((struct watched *)(uintptr_t)(events[i].data.u64 & ~(uint64_t)ABOUT_REPORT), false);
  for (int i = 0; i < count; i++)
    if ((events[i].data.u64 & ABOUT_REPORT) == 0)
      reap((struct watched *)(uintptr_t)events[i].data.u64);
}

static void *run(void *unused) {
  struct epoll_event events[BATCH];
  (void)unused;
  for (;;) {
    int count = epoll_wait(monitor.epoll_fd, events, BATCH, -1);
    if (count > 0)
      dispatch(events, count);
  }
  return NULL;
}

int32_t tsk_monitor_init(void) {
  monitor.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (monitor.epoll_fd < 0)
    return -errno;
  return tsk_thread("tsker-reaper", run, NULL);
}

/* The pidfd is added mute and armed last: from then on its event may free the process at any moment. Only adding can
 * fail (memory, limits), and then nothing has been seen of the process yet. */
static int register_started(struct watched *process, bool busy_report) {
  int error = epoll_set(EPOLL_CTL_ADD, process->pidfd, 0, process, ABOUT_PIDFD);
  if (error == 0)
    error = epoll_set(EPOLL_CTL_ADD, process->report_fd, busy_report ? EPOLLIN : 0, process, ABOUT_REPORT);
  return error < 0 ? error : epoll_set(EPOLL_CTL_MOD, process->pidfd, EPOLLIN, process, ABOUT_PIDFD);
}

int32_t tsk_monitor_add(uint64_t id, int pidfd, int report_fd, const struct tsk_watch *watch) {
  struct watched *process;
  int error;
  if (monitor.epoll_fd < 0)
    return -ENODEV;
  process = malloc(sizeof *process);
  if (process == NULL)
    return -ENOMEM;
  *process = (struct watched){.id = id, .report_fd = report_fd, .trace = watch->trace, .leave = watch->leave};
  process->pidfd = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
  if (process->pidfd < 0) {
    error = -errno;
    free(process);
    return error;
  }
  if (report_fd < 0)
    error = epoll_set(EPOLL_CTL_ADD, process->pidfd, EPOLLIN, process, ABOUT_PIDFD);
  else
    error = register_started(process, watch->trace || watch->operations >= REPORTS_IN_PIPE - 2);
  if (error < 0)
    forget(process);
  return error;
}

int32_t tsker_watch(uint64_t id, int32_t pidfd) { return tsk_monitor_add(id, pidfd, -1, &(struct tsk_watch){.trace = false}); }

int32_t tsker_pidfd_open(int32_t pid) { return TSK_CALL(TSK_SYS_pidfd_open, pid, 0); }

int32_t tsker_signal(int32_t pidfd, int32_t number) {
  return TSK_CALL(TSK_SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}
