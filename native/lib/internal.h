/* SPDX-License-Identifier: Apache-2.0
 *
 * What the library's files offer one another: events, threads, jobs, start-up hooks. Not part of the ABI (tsker.h is).
 * Conventions: functions return a non-negative value or a negative errno, nothing prints or exits, descriptors are
 * close-on-exec, and every thread of the library has all signals blocked (a broken pipe is EPIPE, never SIGPIPE).
 */
#ifndef TSK_INTERNAL_H
#define TSK_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tsker.h"

/* ---- events (start.c) ---- */

/* Writes one record to the event pipe; blocks while 32768 are unread. From the library's threads only: the thread that
 * calls the API is the one that reads the pipe. Thread-safe (a record is below PIPE_BUF). */
void tsk_emit(const struct tsker_event *event);

/* CLOCK_MONOTONIC in nanoseconds, as events carry it. */
uint64_t tsk_now(void);

/* ---- threads (start.c) ---- */

/* Starts a detached thread with all signals blocked. `name` (15 characters at most) shows in /proc. */
int32_t tsk_thread(const char *name, void *(*run)(void *), void *arg);

/* ---- who comes first (prefer.c) ---- */

/* When the calling thread is the preferred one: what it brings forth has its priority, until tsk_keep_priority (at once: the
 * watcher waits for it). False: it is not, and nothing has to be ended. */
bool tsk_lend_priority(void);
void tsk_keep_priority(void);

/* ---- hooks called once by tsker_start, in this order ---- */

int32_t tsk_monitor_init(void);
int32_t tsk_job_init(uint32_t workers);
/* pump.c; absent (weak) until that file exists. */
int32_t tsk_pump_init(void) __attribute__((weak));

/* ---- jobs (job.c) ----
 *
 * A job is work(job) on a thread of the library, answered by one EV_JOB {id, a: job->error, b: job->stage}. work is
 * called exactly once for every job accepted, also when it was cancelled while queued: it finds tsk_job_cancelled true
 * at once, frees what it was given and sets -ECANCELED.
 */
struct tsk_job {
  uint64_t id;
  void *arg;                 /* as submitted; the job's own */
  void (*release)(void *arg); /* optional, set by work: called with arg after the event has been sent */
  int32_t error;             /* set by work: 0 or negative errno; EV_JOB a */
  int32_t stage;             /* set by work; EV_JOB b */

  /* private to job.c */
  void (*work)(struct tsk_job *);
  atomic_bool cancelled;
  int cancel_fd;
  void *result;
  uint32_t result_size;
  uint32_t state;
  struct tsk_job *next;
};

/* Queues short work for the pool of workers. Each worker has a working directory of its own and umask 0; work that
 * changes the directory leaves it at /. -EEXIST: a job of that id is not finished or its result not taken. When this
 * fails, arg is still the caller's. */
int32_t tsk_job_submit(uint64_t id, void (*work)(struct tsk_job *), void *arg);
/* The same on a thread of its own, for work of seconds (a layer): the pool stays free for short work. */
int32_t tsk_job_submit_long(uint64_t id, void (*work)(struct tsk_job *), void *arg);
/* True once tsker_job_cancel was called: stop, set error to -ECANCELED. Cheap: poll it in loops. */
bool tsk_job_cancelled(const struct tsk_job *job);
/* An eventfd that becomes readable when the job is cancelled, to poll beside a blocking descriptor; owned by the job.
 * Negative errno when none can be made. */
int32_t tsk_job_cancel_fd(struct tsk_job *job);
/* Hands over a malloc'd blob that tsker_job_result copies out and frees. Without one the job leaves nothing behind. */
void tsk_job_set_result(struct tsk_job *job, void *blob, uint32_t size);

/* ---- spawned processes (monitor.c) ---- */

struct tsk_watch {
  bool trace;
  bool leave; /* it is not reaped */
  uint32_t operations;
};

/* Starts to watch a process: pidfd is duplicated, report_fd (or -1) is taken over on success. */
int32_t tsk_monitor_add(uint64_t id, int pidfd, int report_fd, const struct tsk_watch *watch);

/* The sealed memfd of tsker-init and a descriptor of the daemon's own PID namespace (start.c). */
int tsk_helper_fd(void);
int tsk_own_pidns(void);

/* ---- seccomp.c ---- */

/* Rules (tsker.h has their format) to a BPF program; its size, or a negative errno. */
int32_t tsk_seccomp_compile(const uint8_t *rules, uint32_t size, uint8_t *out, uint32_t capacity);

#endif
