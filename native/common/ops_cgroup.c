/* SPDX-License-Identifier: Apache-2.0
 *
 * CGROUP_KILL and CGROUP_REMOVE, for the daemon's workers, on cgroup v1 and v2 alike. Directories of a cgroup file
 * system hold only its own files and child groups, so child directories are child groups.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/ops.h"
#include "common/sys.h"

enum { MAX_DEPTH = 64, REMOVE_PATIENCE_MS = 2000, LONGEST_PAUSE_MS = 20 };

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* 1, 2, 4 ... milliseconds: an ended process leaves its cgroup a moment after its parent hears of it. */
static void pause_ms(unsigned *milliseconds) {
  const struct timespec time = {.tv_nsec = (long)*milliseconds * 1000000};
  nanosleep(&time, NULL);
  if (*milliseconds < LONGEST_PAUSE_MS)
    *milliseconds *= 2;
}

/* Calls visit for every pid in the group itself (not its children) until it gives an error. 0 is somebody of a PID
 * namespace that is not ours to see. */
static int each_process(int dir, int (*visit)(long pid, void *arg), void *arg) {
  char line[32];
  FILE *file;
  int error = 0, fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  file = fdopen(fd, "re");
  if (file == NULL) {
    error = -errno;
    close(fd);
    return error;
  }
  while (error == 0 && fgets(line, sizeof line, file) != NULL)
    error = visit(strtol(line, NULL, 10), arg);
  if (error == 0 && ferror(file))
    error = errno == EOPNOTSUPP ? 0 : -EIO; /* a threaded group: its processes are listed above it */
  fclose(file);
  return error;
}

/* Calls visit(dir) for the group and all below it, children first. */
static int each_group(int dir, int depth, int (*visit)(int dir, void *arg), void *arg) {
  const struct dirent *entry;
  int error = 0, copy = (int)tsk_result(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR *stream = copy < 0 ? NULL : fdopendir(copy);
  if (stream == NULL) {
    error = copy < 0 ? copy : -errno;
    if (copy >= 0)
      close(copy);
    return error;
  }
  while (error == 0 && (entry = readdir(stream)) != NULL) {
    int child;
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
      continue;
    if (depth == MAX_DEPTH) {
      error = -ELOOP;
      break;
    }
    child = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (child < 0)
      continue; /* gone meanwhile */
    error = each_group(child, depth + 1, visit, arg);
    close(child);
  }
  closedir(stream);
  return error < 0 ? error : visit(dir, arg);
}

static int refuse_own(long pid, void *count) {
  ++*(unsigned *)count;
  return pid == (long)getpid() ? -EPERM : 0;
}

static int kill_one(long pid, void *unused) {
  (void)unused;
  if (pid > 1)
    kill((pid_t)pid, SIGKILL); /* ESRCH: gone already */
  return 0;
}

static int count_group(int dir, void *count) {
  int error = each_process(dir, refuse_own, count);
  return error == -ENODEV || error == -ENOENT ? 0 : error; /* the group was removed under us: nobody is in it */
}

static int kill_group(int dir, void *unused) {
  int error = each_process(dir, kill_one, unused);
  return error == -ENODEV || error == -ENOENT ? 0 : error;
}

/* cgroup.kill (5.14, v2) catches what forks meanwhile; without it the loop goes round until nobody is left. */
static int kill_all(int dir) {
  int fd = openat(dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);
  int error;
  if (fd < 0)
    return each_group(dir, 0, kill_group, NULL);
  error = write(fd, "1", 1) == 1 ? 0 : -errno;
  close(fd);
  return error;
}

/* The daemon's own group is never the target, whatever a plan says. */
int tsk_do_CGROUP_KILL(struct tsk_context *context, const struct tsk_op *op) {
  const uint64_t deadline = now_ms() + op->args[1].u;
  unsigned pause = 1;
  int error, dir = (int)tsk_result(open(op->args[0].s, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir < 0)
    return dir;
  for (;;) {
    unsigned count = 0;
    error = each_group(dir, 0, count_group, &count);
    if (error < 0 || count == 0 || (error = kill_all(dir)) < 0)
      break;
    if (tsk_cancelled(context) || now_ms() >= deadline) {
      error = tsk_cancelled(context) ? -ECANCELED : -ETIMEDOUT;
      break;
    }
    pause_ms(&pause);
  }
  close(dir);
  return error;
}

static int remove_children(int dir, int depth) {
  const struct dirent *entry;
  int error = 0, copy = (int)tsk_result(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR *stream = copy < 0 ? NULL : fdopendir(copy);
  if (stream == NULL) {
    error = copy < 0 ? copy : -errno;
    if (copy >= 0)
      close(copy);
    return error;
  }
  while (error == 0 && (entry = readdir(stream)) != NULL) {
    int child;
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
      continue;
    child = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (child < 0)
      continue;
    error = depth == MAX_DEPTH ? -ELOOP : remove_children(child, depth + 1);
    close(child);
    if (error == 0 && unlinkat(dir, entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
      error = -errno;
  }
  closedir(stream);
  return error;
}

static int remove_once(const char *path) {
  int error, dir = (int)tsk_result(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir < 0)
    return dir;
  error = remove_children(dir, 0);
  close(dir);
  return error < 0 ? error : tsk_check(rmdir(path));
}

int tsk_do_CGROUP_REMOVE(struct tsk_context *context, const struct tsk_op *op) {
  const uint64_t deadline = now_ms() + REMOVE_PATIENCE_MS;
  unsigned pause = 1;
  int error;
  if (rmdir(op->args[0].s) == 0) /* nearly always */
    return 0;
  while ((error = remove_once(op->args[0].s)) == -EBUSY && now_ms() < deadline && !tsk_cancelled(context))
    pause_ms(&pause);
  return error;
}
