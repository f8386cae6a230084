/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_job_extract: the pipeline of extract.c as a job of the library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "layer/layer.h"
#include "lib/internal.h"

struct task {
  int fd, target, record;
  uint32_t flags;
};

static bool is_cancelled(void *job) { return tsk_job_cancelled(job); }

static void work(struct tsk_job *job) {
  struct task *task = job->arg;
  struct tsker_extract_result *result = malloc(sizeof *result);
  if (result != NULL) {
    int cancel_fd = tsk_job_cancel_fd(job);
    struct tsk_extract_request request = {
        .fd = task->fd,
        .target = task->target,
        .flags = task->flags,
        .record = task->record,
        .cancel_fd = cancel_fd < 0 ? -1 : cancel_fd,
        .cancelled = is_cancelled,
        .context = job,
    };
    tsk_extract(&request, result);
    job->error = result->error;
    job->stage = result->stage;
    tsk_job_set_result(job, result, sizeof *result);
  } else {
    job->error = -ENOMEM;
    job->stage = TSKER_STAGE_READ;
  }
  close(task->fd);
  close(task->target);
  if (task->record >= 0) close(task->record);
  free(task);
}

static int32_t submit(uint64_t id, const struct task *given, const char *target, const char *record) {
  struct task *task = malloc(sizeof *task);
  if (task == NULL) return -ENOMEM;
  *task = *given;
  task->target = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int32_t error = task->target < 0 ? -errno : 0;
  if (error == 0 && *record != 0) {
    task->record = open(record, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    error = task->record < 0 ? -errno : 0;
  }
  if (error == 0) error = tsk_job_submit_long(id, work, task);
  if (error >= 0) return 0;
  if (task->target >= 0) close(task->target);
  if (task->record >= 0) close(task->record);
  free(task);
  return error;
}

int32_t tsker_job_extract(uint64_t id, int32_t fd, const char *target, uint32_t flags, const char *record) {
  bool one_form = flags == TSKER_EXTRACT_OVERLAY || flags == TSKER_EXTRACT_APPLY || flags == TSKER_EXTRACT_ADOPT;
  bool sound = one_form && target != NULL && record != NULL;
  const struct task task = {.fd = fd, .target = -1, .record = -1, .flags = flags};
  int32_t error = sound ? submit(id, &task, target, record) : -EINVAL;
  if (error < 0 && fd >= 0) close(fd); /* it is ours from the call on, also when nothing starts */
  return error;
}
