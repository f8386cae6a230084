/* SPDX-License-Identifier: Apache-2.0
 *
 * sched_setattr(2), which C libraries have no wrapper for: what a thread gets of the processor.
 */
#ifndef TSK_SCHEDULE_H
#define TSK_SCHEDULE_H

#include <stdint.h>
#include <sys/syscall.h>

#include "common/sys.h"

/* In the environment of a helper that was born with its parent's share. */
#define TSK_BEQUEATHED "TSKER_BEQUEATHED"

/* SCHED_FLAG_RESET_ON_FORK: what the thread clones has the usual share again. */
#define TSK_RESET_ON_FORK 1u

/* struct sched_attr as Linux 3.14 had it; the kernel takes shorter ones than its own. Zeros are the usual share. */
struct tsk_schedule {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime; /* nanoseconds at a time, where Linux 6.12 heeds it; 0 is its own choice */
  uint64_t deadline;
  uint64_t period;
};

/* `thread` 0 is the caller. Returns 0 or -errno. */
static inline int tsk_schedule(int thread, struct tsk_schedule schedule) {
  schedule.size = sizeof schedule;
  return TSK_CALL(SYS_sched_setattr, thread, &schedule, 0);
}

#endif
