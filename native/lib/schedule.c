/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_schedule: which of our threads gets what of the processor is the caller's. A thread whose children are to have the
 * usual share (TSK_RESET_ON_FORK) bequeaths its own for as long as it waits for one of them: spawn.c.
 */
#include <stdbool.h>
#include <unistd.h>

#include "common/schedule.h"
#include "lib/internal.h"

/* The one thread that has been given such a share; it alone reads and writes this. */
static _Thread_local struct tsk_schedule preferred;

int32_t tsker_schedule(int32_t thread, uint32_t policy, uint32_t flags, int32_t nice, uint32_t slice) {
  const struct tsk_schedule schedule = {
      .policy = policy,
      .flags = flags,
      .nice = nice,
      .runtime = (uint64_t)slice * 1000,
  };
  const int error = tsk_schedule(thread, schedule);
  if (error == 0 && thread == 0)
    preferred = (flags & TSK_RESET_ON_FORK) != 0 ? schedule : (struct tsk_schedule){0};
  return error;
}

bool tsk_bequeath(bool wanted) {
  struct tsk_schedule schedule = preferred;
  if ((preferred.flags & TSK_RESET_ON_FORK) == 0)
    return false;
  if (wanted)
    schedule.flags &= ~(uint64_t)TSK_RESET_ON_FORK;
  return tsk_schedule(0, schedule) == 0;
}
