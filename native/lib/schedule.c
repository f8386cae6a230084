/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_schedule: sched_setattr(2), which the C library has no wrapper for. Which thread is to have what is the caller's.
 */
#include <sys/syscall.h>

#include "common/sys.h"
#include "lib/internal.h"

/* struct sched_attr as Linux 3.14 had it; the kernel takes shorter ones than its own. */
struct schedule {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime; /* nanoseconds */
  uint64_t deadline;
  uint64_t period;
};

int32_t tsker_schedule(int32_t thread, uint32_t policy, uint32_t flags, int32_t nice, uint32_t slice) {
  const struct schedule schedule = {
      .size = sizeof schedule,
      .policy = policy,
      .flags = flags,
      .nice = nice,
      .runtime = (uint64_t)slice * 1000,
  };
  return TSK_CALL(SYS_sched_setattr, thread, &schedule, 0);
}
