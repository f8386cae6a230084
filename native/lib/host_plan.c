/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_job_plan: the daemon's interpreter of plans, on a worker thread. The other one is tsker-init.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ops.h"
#include "common/sys.h"
#include "lib/internal.h"

static void trace(const struct tsk_job *job, uint32_t index, int error, uint64_t ns) {
  const struct tsker_event event = {
      .id = job->id, .type = TSKER_EV_TRACE, .a = (int32_t)index, .b = -error, .ns = ns};
  tsk_emit(&event);
}

/* True when the plan goes on. */
static bool run_one(struct tsk_job *job, struct tsk_context *context, const struct tsk_op *op, bool traced) {
  const uint64_t begin = traced ? tsk_now() : 0;
  const int error = tsk_job_cancelled(job) ? -ECANCELED : tsk_op_run(context, op);
  const bool goes_on = error == 0 || ((op->flags & TSKER_OPF_OPTIONAL) != 0 && error != -ECANCELED);
  if (traced || (error < 0 && goes_on))
    trace(job, op->index, error, traced ? tsk_now() - begin : 0);
  if (!goes_on) {
    job->error = error;
    job->stage = (int32_t)op->index;
  }
  return goes_on;
}

static void run_plan(struct tsk_job *job) {
  const struct tsker_plan_header *header = job->arg;
  struct tsk_context context = TSK_CONTEXT;
  struct tsk_plan plan;
  struct tsk_op op;
  context.cancelled = &job->cancelled;
  job->release = free;
  job->error = tsk_plan_check(&plan, job->arg, header->size, TSK_ON_HOST, NULL);
  while (job->error == 0 && tsk_plan_next(&plan, &op) > 0)
    if (!run_one(job, &context, &op, (plan.header.flags & TSKER_PLAN_TRACE) != 0))
      break;
  if (context.fs_user) {
    int error = tsk_fs_user(0, 0);
    if (job->error == 0)
      job->error = error;
  }
  if (chdir("/") < 0 && job->error == 0) /* CHDIR is over with its plan */
    job->error = -errno;
}

int32_t tsker_job_plan(uint64_t id, const uint8_t *bytes, uint32_t size) {
  struct tsk_plan plan;
  uint8_t *copy;
  int32_t error = tsk_plan_check(&plan, bytes, size, TSK_ON_HOST, NULL);
  if (error < 0)
    return error;
  copy = malloc(size);
  if (copy == NULL)
    return -ENOMEM;
  memcpy(copy, bytes, size);
  error = tsk_job_submit(id, run_plan, copy);
  if (error < 0)
    free(copy);
  return error;
}
