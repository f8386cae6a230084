/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_job_pack, tsker_job_place, tsker_job_stat and tsker_job_close: the archive functions as jobs of the library. Each
 * copies what it is given, so that the caller's memory and root descriptor are free when it returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ops.h"
#include "common/sys.h"
#include "layer/archive.h"
#include "layer/inside.h"
#include "lib/internal.h"

struct task {
  int root, fd;
  uint32_t flags, uid, gid;
  char *path, *name;
  uint8_t *list; /* NULL: none */
  size_t list_size;
  struct tsker_id_range *ranges;
  size_t range_count;
};

static void free_task(struct task *task) {
  if (task == NULL) return;
  if (task->root >= 0) close(task->root);
  free(task->path);
  free(task->name);
  free(task->list);
  free(task->ranges);
  free(task);
}

static int copy_ranges(struct task *task, const uint8_t *ranges, uint32_t size) {
  if (size % sizeof *task->ranges != 0) return -EINVAL;
  if (size == 0) return 0;
  task->ranges = malloc(size);
  if (task->ranges == NULL) return -ENOMEM;
  memcpy(task->ranges, ranges, size);
  task->range_count = size / sizeof *task->ranges;
  return 0;
}

/* A task with copies of what it needs; NULL with errno. `fd` is not closed with it. */
static struct task *new_task(int root, const char *path, const char *name, const uint8_t *ranges, uint32_t ranges_size) {
  struct task *task = calloc(1, sizeof *task);
  if (task == NULL) return NULL;
  task->fd = -1;
  task->root = (int)tsk_result(fcntl(root, F_DUPFD_CLOEXEC, 3));
  task->path = strdup(path);
  task->name = strdup(name);
  int error = task->root < 0 ? task->root : task->path == NULL || task->name == NULL ? -ENOMEM : 0;
  if (error == 0) error = copy_ranges(task, ranges, ranges_size);
  if (error == 0) return task;
  free_task(task);
  errno = -error;
  return NULL;
}

static bool is_cancelled(void *job) { return tsk_job_cancelled(job); }

static struct tsk_cancel cancel_of(struct tsk_job *job) {
  int fd = tsk_job_cancel_fd(job);
  return (struct tsk_cancel){.fd = fd < 0 ? -1 : fd, .asked = is_cancelled, .context = job};
}

static struct tsk_ids ids_of(const struct task *task) { return (struct tsk_ids){task->ranges, task->range_count}; }

/* Every result begins with error and stage. */
static void finish(struct tsk_job *job, void *result, uint32_t size) {
  const int32_t *head = result;
  job->error = result == NULL ? -ENOMEM : head[0];
  job->stage = result == NULL ? TSKER_STAGE_READ : head[1];
  if (result != NULL) tsk_job_set_result(job, result, size);
}

/* ---- pack and place ---- */

static void pack(struct tsk_job *job) {
  struct task *task = job->arg;
  struct tsker_pack_result *result = malloc(sizeof *result);
  struct tsk_pack_request request = {
      .root = task->root,
      .path = task->path,
      .name = task->name,
      .list = task->list,
      .list_size = task->list_size,
      .out = task->fd,
      .flags = task->flags,
      .ids = ids_of(task),
      .cancel = cancel_of(job),
  };
  if (result != NULL) tsk_pack(&request, result);
  if (task->fd >= 0) close(task->fd);
  free_task(task);
  finish(job, result, sizeof *result);
}

/* With mapped ids nothing can be made in the name of the host's root. */
static int as_root_inside(const struct tsk_ids *ids) {
  uint32_t uid, gid;
  if (ids->count == 0) return 0;
  if (!tsk_id_outside(ids, TSKER_ID_USER, 0, &uid) || !tsk_id_outside(ids, TSKER_ID_GROUP, 0, &gid)) return -EOVERFLOW;
  return tsk_fs_user(uid, gid);
}

static void place(struct tsk_job *job) {
  struct task *task = job->arg;
  struct tsker_place_result *result = malloc(sizeof *result);
  struct tsk_place_request request = {
      .root = task->root,
      .path = task->path,
      .fd = task->fd,
      .flags = task->flags,
      .uid = task->uid,
      .gid = task->gid,
      .ids = ids_of(task),
      .cancel = cancel_of(job),
  };
  int error = result == NULL ? 0 : as_root_inside(&request.ids);
  if (result != NULL && error == 0) tsk_place(&request, result);
  if (error < 0) *result = (struct tsker_place_result){.error = error, .stage = TSKER_STAGE_WRITE};
  tsk_fs_user(0, 0); /* threads do more than one job */
  close(task->fd);
  free_task(task);
  finish(job, result, sizeof *result);
}

/* The stream is ours from the call on, also when nothing starts. */
static int32_t submit_stream(uint64_t id, void (*work)(struct tsk_job *), struct task *task, int32_t fd) {
  int32_t error = task == NULL ? -errno : 0;
  if (error == 0) {
    task->fd = fd;
    error = tsk_job_submit_long(id, work, task);
  }
  if (error >= 0) return 0;
  free_task(task);
  if (fd >= 0) close(fd);
  return error;
}

int32_t tsker_job_pack(uint64_t id, int32_t root, const char *path, const char *name, int32_t out, uint32_t flags,
                       const uint8_t *ranges, uint32_t ranges_size) {
  const uint32_t known = TSKER_PACK_DIGEST | TSKER_PACK_OVERLAY | TSKER_PACK_XDEV | TSKER_PACK_CHUNKED |
                         TSKER_PACK_PLAIN;
  const uint32_t apart = TSKER_PACK_DIGEST | TSKER_PACK_CHUNKED;
  const uint32_t kinds = TSKER_PACK_OVERLAY | TSKER_PACK_PLAIN;
  const bool valid = path != NULL && name != NULL && (flags & ~known) == 0 && (flags & apart) != apart &&
                     (flags & kinds) != kinds;
  struct task *task = NULL;
  errno = EINVAL;
  if (valid) task = new_task(root, path, name, ranges, ranges_size);
  if (task != NULL) task->flags = flags;
  return submit_stream(id, pack, task, out);
}

static int copy_list(struct task *task, const uint8_t *list, uint32_t size) {
  if (!tsk_pack_list_holds(list, size)) return -EINVAL;
  task->list = malloc(size + 1u); /* not NULL for an empty list */
  if (task->list == NULL) return -ENOMEM;
  memcpy(task->list, list, size);
  task->list_size = size;
  return 0;
}

int32_t tsker_job_pack_list(uint64_t id, int32_t root, const uint8_t *list, uint32_t list_size, int32_t out, uint32_t flags,
                            const uint8_t *ranges, uint32_t ranges_size) {
  struct task *task = NULL;
  errno = EINVAL;
  if (list != NULL && (flags & ~TSKER_PACK_DIGEST) == 0) task = new_task(root, "", "", ranges, ranges_size);
  int error = task != NULL ? copy_list(task, list, list_size) : 0;
  if (error < 0) {
    free_task(task);
    task = NULL;
    errno = -error;
  }
  if (task != NULL) task->flags = flags;
  return submit_stream(id, pack, task, out);
}

int32_t tsker_job_place(uint64_t id, int32_t root, const char *path, int32_t fd, uint32_t flags, uint32_t uid, uint32_t gid,
                        const uint8_t *ranges, uint32_t ranges_size) {
  const uint32_t known = TSKER_PLACE_KEEP_KIND | TSKER_PLACE_OWNER | TSKER_PLACE_MODE | TSKER_PLACE_PLAIN |
                         (07777u << TSKER_PLACE_MODE_SHIFT);
  const uint32_t apart = TSKER_PLACE_OWNER | TSKER_PLACE_PLAIN;
  struct task *task = NULL;
  errno = EINVAL;
  const bool valid = path != NULL && fd >= 0 && (flags & ~known) == 0 && (flags & apart) != apart;
  if (valid) task = new_task(root, path, "", ranges, ranges_size);
  if (task != NULL) {
    task->flags = flags;
    task->uid = uid;
    task->gid = gid;
  }
  return submit_stream(id, place, task, fd);
}

/* ---- stat ---- */

static int describe(const struct task *task, struct tsker_stat_result *result) {
  struct stat status;
  int fd = tsk_inside_open(task->root, task->path, O_PATH | O_NOFOLLOW);
  if (fd < 0) return fd;
  int error = tsk_fstat(fd, &status);
  if (error == 0 && !S_ISDIR(status.st_mode) && tsk_inside_kernel(fd)) error = -ENOENT;
  if (error == 0) {
    result->mode = status.st_mode;
    result->uid = status.st_uid;
    result->gid = status.st_gid;
    result->seconds = status.st_mtim.tv_sec;
    result->nanoseconds = (uint32_t)status.st_mtim.tv_nsec;
    result->size = (uint64_t)status.st_size;
  }
  if (error == 0 && S_ISLNK(status.st_mode)) error = tsk_inside_target(task->root, task->path, result->target);
  if (error == 0 && (task->flags & TSKER_STAT_OPEN) != 0)
    result->fd = fd;
  else
    close(fd);
  return error;
}

static void look(struct tsk_job *job) {
  struct task *task = job->arg;
  struct tsker_stat_result *result = calloc(1, sizeof *result);
  job->stage = TSKER_STAGE_PATH;
  job->error = result == NULL ? -ENOMEM : 0;
  if (result != NULL) {
    result->fd = -1;
    job->error = result->error = describe(task, result);
    tsk_job_set_result(job, result, sizeof *result);
  }
  free_task(task);
}

int32_t tsker_job_stat(uint64_t id, int32_t root, const char *path, uint32_t flags) {
  if (path == NULL || (flags & ~TSKER_STAT_OPEN) != 0) return -EINVAL;
  struct task *task = new_task(root, path, "", NULL, 0);
  if (task == NULL) return -errno;
  task->flags = flags;
  int32_t error = tsk_job_submit_long(id, look, task); /* a FUSE mount may answer never: not on the pool */
  if (error < 0) free_task(task);
  return error;
}

/* ---- close ---- */

static void shut(struct tsk_job *job) {
  job->error = tsk_check(close((int)(intptr_t)job->arg));
}

int32_t tsker_job_close(uint64_t id, int32_t fd) {
  if (fd < 0) return -EBADF;
  return tsk_job_submit_long(id, shut, (void *)(intptr_t)fd);
}
