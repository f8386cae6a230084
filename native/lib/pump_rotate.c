/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotation: log → log.1 → log.2 …, those from log.1 on compressed when that is asked for; the names Docker uses, which log
 * shippers know. To readers files are generations, which keep their number while their names change; a file that somebody
 * follows stays open until it has been read, also when its name is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/pump_file.h"
#include "lib/internal.h"

enum {
  LOG_MODE = 0640,
  PINNED_MAX = 256 << 20, /* what a follower that lags behind may keep on the disk: then it misses lines */
};

/* ---- names ---- */

/* log, log.1 or log.1.gz */
static void make_name(char out[PATH_MAX], const struct file_sink *file, uint64_t index, const char *extension) {
  if (index == 0)
    snprintf(out, PATH_MAX, "%s%s", file->path, extension);
  else
    snprintf(out, PATH_MAX, "%s.%llu%s", file->path, (unsigned long long)index, extension);
}

/* Both kinds: whether files are compressed may have been another option when they were put away. */
static void shift(const struct file_sink *file, uint64_t index) {
  static const char *const extensions[] = {"", ".gz"};
  char from[PATH_MAX], to[PATH_MAX];
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    make_name(from, file, index, extensions[i]);
    make_name(to, file, index + 1, extensions[i]);
    if (index + 1 >= file->max_files)
      unlink(from);
    else
      rename(from, to);
  }
}

static int rename_all(const struct file_sink *file, const char *fresh) {
  char first[PATH_MAX];
  for (uint64_t index = file->max_files - 1; index > 0; index--)
    shift(file, index);
  make_name(first, file, 1, "");
  if (file->max_files > 1 && rename(file->path, first) < 0 && errno != ENOENT)
    return -errno;
  return rename(fresh, file->path) < 0 ? -errno : 0;
}

/* ---- compression ---- */

static int compress_first(const struct file_sink *file, const char *unfinished) {
  char name[PATH_MAX];
  int source, target, error;
  make_name(name, file, 1, "");
  if ((source = open(name, O_RDONLY | O_CLOEXEC)) < 0)
    return -errno;
  if ((target = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, LOG_MODE)) < 0) {
    error = -errno;
    close(source);
    return error;
  }
  error = tsk_gzip(source, target, &file->put_away);
  close(source);
  if (close(target) < 0 && error == 0)
    error = -errno;
  return error;
}

/* When it fails (no space) the file stays as it is, which readers do not mind. */
static void run_compression(struct tsk_work *work) {
  struct file_sink *file = (struct file_sink *)((char *)work - offsetof(struct file_sink, compression));
  struct tsk_sink *sink = &file->sink;
  char plain[PATH_MAX], packed[PATH_MAX], unfinished[PATH_MAX];
  int error;

  make_name(plain, file, 1, "");
  make_name(packed, file, 1, ".gz");
  make_name(unfinished, file, 1, ".gz.tmp");
  error = compress_first(file, unfinished);
  pthread_mutex_lock(&file->names);
  if (error == 0 && rename(unfinished, packed) == 0)
    unlink(plain);
  else
    unlink(unfinished);
  file->compressing = false;
  pthread_cond_broadcast(&file->compressed);
  pthread_mutex_unlock(&file->names);
  pthread_mutex_lock(&sink->lock);
  sink->background--;
  tsk_sink_progress(sink);
  pthread_mutex_unlock(&sink->lock);
  tsk_sink_release(sink);
}

static void start_compression(struct file_sink *file) {
  file->compressing = true;
  file->compression.run = run_compression;
  pthread_mutex_lock(&file->sink.lock);
  file->sink.background++;
  pthread_mutex_unlock(&file->sink.lock);
  tsk_sink_hold(&file->sink);
  tsk_writer_submit(&file->compression);
}

/* ---- pins ---- */

void tsk_file_unpin(struct file_sink *file, uint64_t before) {
  while (file->pins != NULL && file->pins->generation < before) {
    struct file_pin *pin = file->pins;
    file->pins = pin->next;
    file->pinned -= pin->size;
    close(pin->fd);
    free(pin);
  }
}

/* Keeps the descriptor; false without memory for that. Above the limit the oldest are let go. */
static bool add_pin(struct file_sink *file, uint64_t generation, uint64_t size, int fd) {
  struct file_pin **link = &file->pins;
  struct file_pin *pin = malloc(sizeof *pin);
  if (pin == NULL)
    return false;
  while (*link != NULL && (*link)->generation < generation)
    link = &(*link)->next;
  *pin = (struct file_pin){.next = *link, .generation = generation, .size = size, .fd = fd};
  *link = pin;
  file->pinned += size;
  while (file->pinned > PINNED_MAX && file->pins->next != NULL)
    tsk_file_unpin(file, file->pins->generation + 1);
  return true;
}

static bool is_pinned(const struct file_sink *file, uint64_t generation) {
  return file->pin_from != 0 && generation >= file->pin_from;
}

/* ---- rotation ---- */

/* The next file is there before anything is renamed: with no space or no descriptor for it, all stays as it is. */
static int exchange(struct file_sink *file) {
  char fresh[PATH_MAX];
  int fd, error;
  make_name(fresh, file, 0, ".new");
  if ((fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, LOG_MODE)) < 0)
    return -errno;
  if ((error = rename_all(file, fresh)) < 0) {
    close(fd);
    unlink(fresh);
    return error;
  }
  if (!is_pinned(file, file->generation) || !add_pin(file, file->generation, file->size, file->fd))
    close(file->fd);
  file->fd = fd;
  file->size = 0;
  file->generation++;
  return 0;
}

void tsk_file_rotate(struct file_sink *file, const struct timespec *last) {
  pthread_mutex_lock(&file->names);
  while (file->compressing) /* log.1 is being read; the queue fills up meanwhile, as it does with Docker */
    pthread_cond_wait(&file->compressed, &file->names);
  file->put_away = *last;
  if (exchange(file) < 0) {
    file->full_at = file->size + file->max_size; /* not again for every line */
  } else {
    file->full_at = file->max_size;
    if (file->compress)
      start_compression(file);
  }
  pthread_mutex_unlock(&file->names);
}

/* ---- readers ---- */

static struct file_sink *find_file(uint64_t id) { return (struct file_sink *)tsk_sink_find(id, &tsk_file_type); }

int64_t tsker_log_generation(uint64_t id) {
  struct file_sink *file = find_file(id);
  int64_t generation;
  if (file == NULL)
    return -ENOENT;
  pthread_mutex_lock(&file->names);
  generation = (int64_t)file->generation;
  pthread_mutex_unlock(&file->names);
  tsk_sink_release(&file->sink);
  return generation;
}

/* Under `names`: by its name of now. */
static int open_by_name(const struct file_sink *file, uint64_t generation) {
  uint64_t index = file->generation - generation;
  char name[PATH_MAX];
  int fd;
  if (index >= file->max_files)
    return -ENOENT;
  make_name(name, file, index, "");
  if ((fd = open(name, O_RDONLY | O_CLOEXEC)) >= 0 || errno != ENOENT || index == 0)
    return fd < 0 ? -errno : fd;
  make_name(name, file, index, ".gz");
  fd = open(name, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int open_generation(const struct file_sink *file, uint64_t generation) {
  const struct file_pin *pin = file->pins;
  while (pin != NULL && pin->generation != generation)
    pin = pin->next;
  if (pin != NULL)
    return (int)tsk_result(fcntl(pin->fd, F_DUPFD_CLOEXEC, 3));
  if (generation == file->generation)
    return (int)tsk_result(fcntl(file->fd, F_DUPFD_CLOEXEC, 3));
  return generation > file->generation || file->path == NULL ? -ENOENT : open_by_name(file, generation);
}

int32_t tsker_log_file(uint64_t id, uint64_t generation) {
  struct file_sink *file = find_file(id);
  int32_t fd;
  if (file == NULL)
    return -ENOENT;
  pthread_mutex_lock(&file->names);
  fd = open_generation(file, generation);
  pthread_mutex_unlock(&file->names);
  tsk_sink_release(&file->sink);
  return fd;
}

/* Files that were put away before somebody followed are opened now, the newest first. */
static void pin_older(struct file_sink *file, uint64_t from, uint64_t before) {
  for (uint64_t generation = before; generation > from && file->generation - generation + 1 < file->max_files; generation--) {
    struct stat status;
    int fd = open_by_name(file, generation - 1);
    if (fd < 0 || tsk_fstat(fd, &status) < 0 || file->pinned + (uint64_t)status.st_size > PINNED_MAX ||
        !add_pin(file, generation - 1, (uint64_t)status.st_size, fd)) {
      if (fd >= 0)
        close(fd);
      return;
    }
  }
}

int32_t tsker_log_pin(uint64_t id, uint64_t generation) {
  struct file_sink *file = find_file(id);
  uint64_t pinned;
  if (file == NULL)
    return -ENOENT;
  pthread_mutex_lock(&file->names);
  pinned = file->pin_from == 0 || file->pin_from > file->generation ? file->generation : file->pin_from;
  if (generation != 0 && generation < pinned && file->path != NULL)
    pin_older(file, generation, pinned);
  file->pin_from = generation;
  tsk_file_unpin(file, generation == 0 ? UINT64_MAX : generation);
  pthread_mutex_unlock(&file->names);
  tsk_sink_release(&file->sink);
  return 0;
}

/* Armed before it returns: a follower that arms first and then reads to the end of the log misses nothing. */
int32_t tsker_log_watch(uint64_t id) {
  struct file_sink *file = find_file(id);
  if (file == NULL)
    return -ENOENT;
  atomic_store(&file->sink.watched, true);
  tsk_sink_release(&file->sink);
  return 0;
}
