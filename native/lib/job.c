/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs: a pool of workers for short work, a thread each for long work, results and cancellation. What the work is
 * belongs to others (host_plan.c, layer/).
 */
#include "lib/internal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sys.h"

enum state { QUEUED, RUNNING, FINISHED };

/* Every job that is queued, running, or finished with a result not yet taken, oldest first. A semaphore wakes the workers: a
 * condition of glibc before 2.41 may lose a signal (its bug 25847), and with it a job. */
static struct {
  pthread_mutex_t lock;
  sem_t queued; /* how many are */
  struct tsk_job *jobs;
  struct tsk_job **tail;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .tail = &pool.jobs};

static struct tsk_job *find(uint64_t id) {
  struct tsk_job *job = pool.jobs;
  while (job != NULL && job->id != id)
    job = job->next;
  return job;
}

static void append(struct tsk_job *job) {
  job->next = NULL;
  *pool.tail = job;
  pool.tail = &job->next;
}

static void unlink_job(struct tsk_job *job) {
  struct tsk_job **link = &pool.jobs;
  while (*link != job)
    link = &(*link)->next;
  *link = job->next;
  if (pool.tail == &job->next)
    pool.tail = link;
}

static void free_job(struct tsk_job *job) {
  if (job->cancel_fd >= 0)
    close(job->cancel_fd);
  free(job->result);
  free(job);
}

static struct tsk_job *next_queued(void) {
  struct tsk_job *job = pool.jobs;
  while (job != NULL && job->state != QUEUED)
    job = job->next;
  return job;
}

/* A job without a result is gone when its event is sent; one with a result stays for tsker_job_result. */
static void run(struct tsk_job *job) {
  struct tsker_event event = {.id = job->id, .type = TSKER_EV_JOB};
  void (*release)(void *);
  void *arg;

  job->work(job);
  event.a = job->error;
  event.b = job->stage;
  event.ns = tsk_now();
  release = job->release;
  arg = job->arg;

  pthread_mutex_lock(&pool.lock);
  if (job->result != NULL) {
    job->state = FINISHED; /* from here on it may be freed by tsker_job_result */
  } else {
    unlink_job(job);
    free_job(job);
  }
  pthread_mutex_unlock(&pool.lock);
  tsk_emit(&event);
  if (release != NULL)
    release(arg);
}

/* cwd and umask are shared by threads unless CLONE_FS is undone; plans change the one and need the other to be 0. */
static void own_directory(void) {
  unshare(CLONE_FS);
  umask(0);
}

static void *worker(void *unused) {
  (void)unused;
  own_directory();
  for (;;) {
    struct tsk_job *job;
    while (sem_wait(&pool.queued) < 0) /* EINTR */
      ;
    pthread_mutex_lock(&pool.lock);
    job = next_queued();
    job->state = RUNNING;
    pthread_mutex_unlock(&pool.lock);
    run(job);
  }
  return NULL;
}

static void *long_worker(void *job) {
  own_directory();
  run(job);
  return NULL;
}

int32_t tsk_job_init(uint32_t workers) {
  int32_t error = tsk_check(sem_init(&pool.queued, 0, 0));
  for (uint32_t i = 0; i < workers && error == 0; i++)
    error = tsk_thread("tsker-worker", worker, NULL);
  return error;
}

static int32_t accept_job(uint64_t id, void (*work)(struct tsk_job *), void *arg, enum state state, struct tsk_job **out) {
  struct tsk_job *job = calloc(1, sizeof *job);
  int32_t error = 0;
  if (job == NULL)
    return -ENOMEM;
  *job = (struct tsk_job){.id = id, .work = work, .arg = arg, .cancel_fd = -1, .state = state};

  pthread_mutex_lock(&pool.lock);
  if (find(id) != NULL) {
    error = -EEXIST;
  } else {
    append(job);
    if (state == QUEUED)
      sem_post(&pool.queued);
  }
  pthread_mutex_unlock(&pool.lock);
  if (error < 0)
    free(job);
  else
    *out = job;
  return error;
}

int32_t tsk_job_submit(uint64_t id, void (*work)(struct tsk_job *), void *arg) {
  struct tsk_job *job;
  return accept_job(id, work, arg, QUEUED, &job);
}

int32_t tsk_job_submit_long(uint64_t id, void (*work)(struct tsk_job *), void *arg) {
  struct tsk_job *job;
  int32_t error = accept_job(id, work, arg, RUNNING, &job);
  if (error < 0)
    return error;
  error = tsk_thread("tsker-job", long_worker, job);
  if (error < 0) {
    pthread_mutex_lock(&pool.lock);
    unlink_job(job);
    pthread_mutex_unlock(&pool.lock);
    free_job(job);
  }
  return error;
}

bool tsk_job_cancelled(const struct tsk_job *job) { return atomic_load_explicit(&job->cancelled, memory_order_relaxed); }

int32_t tsk_job_cancel_fd(struct tsk_job *job) {
  int fd;
  pthread_mutex_lock(&pool.lock);
  if (job->cancel_fd < 0)
    job->cancel_fd = eventfd(tsk_job_cancelled(job) ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK);
  fd = job->cancel_fd < 0 ? -errno : job->cancel_fd;
  pthread_mutex_unlock(&pool.lock);
  return fd;
}

void tsk_job_set_result(struct tsk_job *job, void *blob, uint32_t size) {
  free(job->result);
  job->result = blob;
  job->result_size = size;
}

int32_t tsker_job_cancel(uint64_t id) {
  struct tsk_job *job;
  int32_t error = 0;
  pthread_mutex_lock(&pool.lock);
  job = find(id);
  if (job == NULL || job->state == FINISHED) {
    error = -ENOENT;
  } else {
    atomic_store(&job->cancelled, true);
    if (job->cancel_fd >= 0 && eventfd_write(job->cancel_fd, 1) < 0)
      error = -errno;
  }
  pthread_mutex_unlock(&pool.lock);
  return error;
}

int32_t tsker_job_result(uint64_t id, uint8_t *out, uint32_t size) {
  struct tsk_job *job;
  int32_t result;
  pthread_mutex_lock(&pool.lock);
  job = find(id);
  if (job == NULL)
    result = -ENOENT;
  else if (job->state != FINISHED)
    result = -EAGAIN;
  else if (out == NULL || job->result_size > size)
    result = -EMSGSIZE;
  else
    result = (int32_t)job->result_size;
  if (result >= 0) {
    memcpy(out, job->result, job->result_size);
    unlink_job(job);
  }
  pthread_mutex_unlock(&pool.lock);
  if (result >= 0)
    free_job(job);
  return result;
}
