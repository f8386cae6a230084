/* SPDX-License-Identifier: Apache-2.0
 *
 * The processes: their stdio, kept open while nobody else has it, and how they ended. The first one is called "init"; its end
 * is also written to a file, for a containerd that was away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/sys.h"
#include "shim/shim.h"

/* Milliseconds that a terminal's last output may take to its reader before the end is told all the same. */
enum { DRAIN_PATIENCE = 500 };

void shim_close(int *fd) {
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
}

int64_t shim_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

struct shim_process *shim_find(struct shim *shim, const char *name) {
  for (unsigned i = 0; i < SHIM_PROCESSES; i++)
    if (shim->processes[i].name[0] != '\0' && strcmp(shim->processes[i].name, name) == 0)
      return &shim->processes[i];
  return NULL;
}

struct shim_process *shim_add(struct shim *shim, const char *name) {
  for (unsigned i = 0; i < SHIM_PROCESSES; i++) {
    struct shim_process *process = &shim->processes[i];
    if (process->name[0] != '\0')
      continue;
    process->pid = 0;
    process->status = SHIM_RUNNING;
    process->told = process->drained = false;
    process->deadline = 0;
    process->pending = process->pending_at = 0;
    process->in_write = process->out_read = process->out_write = process->err_read = process->err_write = -1;
    process->console = process->master = process->in_read = -1;
    strcpy(process->name, name);
    return process;
  }
  return NULL;
}

/* Reading before writing, or the latter fails for want of a reader (fifo(7)). */
static int keep_output(const char *path, int *reading, int *writing) {
  if (path[0] == '-')
    return 0;
  *reading = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  *writing = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  return *reading < 0 || *writing < 0 ? -errno : 0;
}

int shim_keep(struct shim_process *process, const char *in, const char *out, const char *err) {
  int error = 0;
  if (in[0] != '-') {
    /* Open for both ends: that never waits, and never fails for want of a reader. */
    process->in_write = open(in, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    error = process->in_write < 0 ? -errno : 0;
  }
  if (error == 0)
    error = keep_output(out, &process->out_read, &process->out_write);
  if (error == 0)
    error = keep_output(err, &process->err_read, &process->err_write);
  return error;
}

static void close_all(struct shim_process *process) {
  shim_close(&process->in_write);
  shim_close(&process->out_read);
  shim_close(&process->out_write);
  shim_close(&process->err_read);
  shim_close(&process->err_write);
  shim_close(&process->console);
  shim_close(&process->master);
  shim_close(&process->in_read);
}

void shim_forget(struct shim_process *process) {
  close_all(process);
  process->name[0] = '\0';
}

/* With a terminal the copy goes on: its end is no end of the program's input. */
void shim_close_input(struct shim_process *process) {
  if (process->master < 0)
    shim_close(&process->in_write);
}

int shim_drain_polls(const struct shim_process *process, struct pollfd *polls) {
  if (!process->drained)
    return 0;
  polls[0] = (struct pollfd){.fd = process->out_read, .events = POLLIN};
  polls[1] = (struct pollfd){.fd = process->err_read, .events = POLLIN};
  return 2;
}

/* A FIFO has a writer, ourselves, so that reading never finds an end. Once each: others have their turn. */
void shim_drain(struct shim_process *process) {
  char chunk[SHIM_CHUNK];
  const int streams[] = {process->out_read, process->err_read};
  for (unsigned i = 0; process->drained && i < 2; i++)
    if (streams[i] >= 0 && read(streams[i], chunk, sizeof chunk) < 0 && errno != EAGAIN && errno != EINTR)
      process->drained = false;
}

static bool is_first(const struct shim_process *process) { return strcmp(process->name, "init") == 0; }

/* Whole or not at all: "code seconds.nanoseconds", renamed to its name. */
static void record_end(int code) {
  char text[64];
  struct timespec time;
  int size, fd = open("exit.tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return;
  clock_gettime(CLOCK_REALTIME, &time);
  size = snprintf(text, sizeof text, "%d %lld.%09ld\n", code, (long long)time.tv_sec, time.tv_nsec);
  const bool written = tsk_write_all(fd, text, (size_t)size) == 0;
  close(fd);
  if (written)
    rename("exit.tmp", "exit");
}

void shim_conclude(struct shim *shim, struct shim_process *process) {
  if (process->told)
    return;
  process->told = true;
  /* What the first process wrote last stays in its FIFOs until the container is deleted, whoever is away. */
  shim_close(&process->in_write);
  shim_close(&process->out_write);
  shim_close(&process->err_write);
  shim_close(&process->in_read);
  shim_close(&process->master);
  if (!is_first(process)) {
    shim_close(&process->out_read);
    shim_close(&process->err_read);
  }
  shim_tell(shim, "! exit %s %d %d", process->name, (int)process->pid, process->status);
}

static void end(struct shim *shim, struct shim_process *process, int code) {
  process->status = code;
  process->deadline = shim_now() + DRAIN_PATIENCE;
  if (is_first(process))
    record_end(code);
  if (process->master < 0)
    shim_conclude(shim, process);
  else
    shim_terminal_copy(shim, process);
}

void shim_settle(struct shim *shim, struct shim_process *process, pid_t pid) {
  process->pid = pid;
  for (unsigned i = 0; i < SHIM_PROCESSES; i++)
    if (shim->orphans[i].pid == pid) {
      shim->orphans[i].pid = 0;
      end(shim, process, shim->orphans[i].status);
      return;
    }
}

static struct shim_process *find_pid(struct shim *shim, pid_t pid) {
  for (unsigned i = 0; i < SHIM_PROCESSES; i++)
    if (shim->processes[i].name[0] != '\0' && shim->processes[i].pid == pid && shim->processes[i].status == SHIM_RUNNING)
      return &shim->processes[i];
  return NULL;
}

/* Children of the runtime become ours when it ends, and may have ended before we know their pids. */
static void remember(struct shim *shim, pid_t pid, int code) {
  struct shim_orphan *orphan = &shim->orphans[shim->orphan_at++ % SHIM_PROCESSES];
  orphan->pid = pid;
  orphan->status = code;
}

void shim_reap(struct shim *shim) {
  pid_t pid;
  int status;
  while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0 || (pid < 0 && errno == EINTR)) {
    const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    struct shim_process *process;
    if (pid < 0 || shim_command_ended(shim, pid, code))
      continue;
    process = find_pid(shim, pid);
    if (process != NULL)
      end(shim, process, code);
    else if (shim_has_commands(shim))
      remember(shim, pid, code);
  }
}
