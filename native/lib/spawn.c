/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_spawn: it checks what it is given, has the process born (birth.c) and hands it over to the monitor. What happens
 * in the new process is the plan's (common/, init/); what becomes of it is the monitor's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/plan.h"
#include "common/sys.h"
#include "lib/birth.h"
#include "lib/internal.h"

#define ALLOWED_FLAGS                                                                                                \
  ((uint64_t)(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP))

static int fill_birth(struct birth *birth, const struct tsker_spawn *spawn, int plan_fd, int report_fd) {
  *birth = (struct birth){.slots = (int)spawn->nfds + 2,
                          .helper_fd = tsk_helper_fd(),
                          .keep_capabilities = (spawn->clone_flags & CLONE_NEWUSER) != 0 ||
                                               (spawn->flags & TSKER_SPAWN_USERNS) != 0};
  for (uint32_t i = 0; i < spawn->nfds; i++) {
    const int slot = (int)(i < 3 ? i : i + 2);
    if (spawn->fds[i] < 0)
      return -EBADF;
    birth->sources[slot] = spawn->fds[i];
  }
  birth->sources[TSKER_SLOT_PLAN] = plan_fd;
  birth->sources[TSKER_SLOT_REPORT] = report_fd;
  return 0;
}

/* The process exists; from here every way out either hands it to the monitor or ends it. */
static int hand_over(const struct tsker_spawn *spawn, const struct tsk_plan *plan, int pidfd, int *report_read) {
  int error = tsk_monitor_add(spawn->id, pidfd, *report_read, &(struct tsk_watch){
      .trace = (plan->header.flags & TSKER_PLAN_TRACE) != 0,
      .leave = (spawn->flags & TSKER_SPAWN_LEAVE) != 0,
      .operations = plan->header.count,
  });
  if (error == 0) {
    *report_read = -1;
    return 0;
  }
  tsker_signal(pidfd, SIGKILL);
  return tsk_bury(pidfd, error);
}

static int give_birth(const struct tsker_spawn *spawn, const struct tsk_plan *plan, int plan_fd, int report[2], int32_t *out) {
  struct birth birth;
  int pidfd = -1;
  int error = fill_birth(&birth, spawn, plan_fd, report[1]);
  int pid = error < 0 ? error : tsk_clone_locked(spawn, &birth, &pidfd);
  if (pid < 0)
    return pid;
  if (birth.error < 0)
    return tsk_bury(pidfd, birth.error);
  error = hand_over(spawn, plan, pidfd, &report[0]);
  if (error < 0)
    return error;
  out[0] = pid;
  out[1] = pidfd;
  return 0;
}

static int check_spawn(const uint8_t *bytes, uint32_t size, struct tsker_spawn *spawn) {
  if (bytes == NULL || size != sizeof *spawn)
    return -EINVAL;
  memcpy(spawn, bytes, sizeof *spawn);
  if ((spawn->flags & ~(TSKER_SPAWN_USERNS | TSKER_SPAWN_LEAVE)) != 0 || (spawn->clone_flags & ~ALLOWED_FLAGS) != 0)
    return -EINVAL;
  if ((spawn->flags & TSKER_SPAWN_USERNS) != 0 && ((spawn->clone_flags & CLONE_NEWUSER) != 0 || spawn->userns_fd < 0))
    return -EINVAL;
  if (spawn->nfds < 3 || spawn->nfds > TSKER_SPAWN_MAX_FDS)
    return -EINVAL;
  return tsk_helper_fd() < 0 ? -ENODEV : 0;
}

int32_t tsker_spawn(const uint8_t *spawn_bytes, uint32_t spawn_size, const uint8_t *plan_bytes, uint32_t plan_size,
                    int32_t *out) {
  struct tsker_spawn spawn;
  struct tsk_plan plan;
  int report[2];
  int plan_fd;
  int error = check_spawn(spawn_bytes, spawn_size, &spawn);
  if (error == 0)
    error = tsk_plan_check(&plan, plan_bytes, plan_size, TSK_IN_HELPER, NULL);
  if (error < 0)
    return error;
  plan_fd = tsk_sealed_memfd("tsker-plan", plan_bytes, plan_size, false);
  if (plan_fd < 0)
    return plan_fd;
  error = tsk_check(pipe2(report, O_CLOEXEC));
  if (error == 0) {
    fcntl(report[0], F_SETFL, O_NONBLOCK);
    error = give_birth(&spawn, &plan, plan_fd, report, out);
    close(report[1]);
    if (report[0] >= 0)
      close(report[0]);
  }
  close(plan_fd);
  return error;
}
