/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotation: log → log.1 → log.2 …, those from log.1 on compressed when that is asked for; the names Docker uses, which log
 * shippers know.
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

enum { LOG_MODE = 0640 };

/* ---- names ---- */

void tsk_file_name(char out[PATH_MAX], const struct file_sink *file, uint64_t index, const char *extension) {
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
    tsk_file_name(from, file, index, extensions[i]);
    tsk_file_name(to, file, index + 1, extensions[i]);
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
  tsk_file_name(first, file, 1, "");
  if (file->max_files > 1 && rename(file->path, first) < 0 && errno != ENOENT)
    return -errno;
  return rename(fresh, file->path) < 0 ? -errno : 0;
}

/* ---- compression ---- */

static int compress_first(const struct file_sink *file, const char *unfinished) {
  char name[PATH_MAX];
  int source, target, error;
  tsk_file_name(name, file, 1, "");
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

  tsk_file_name(plain, file, 1, "");
  tsk_file_name(packed, file, 1, ".gz");
  tsk_file_name(unfinished, file, 1, ".gz.tmp");
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

/* ---- rotation ---- */

/* The next file is there before anything is renamed: with no space or no descriptor for it, all stays as it is. */
static int exchange(struct file_sink *file) {
  char fresh[PATH_MAX];
  int fd, error;
  tsk_file_name(fresh, file, 0, ".new");
  if ((fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, LOG_MODE)) < 0)
    return -errno;
  if ((error = rename_all(file, fresh)) < 0) {
    close(fd);
    unlink(fresh);
    return error;
  }
  if (!tsk_file_is_pinned(file, file->generation) || !tsk_file_pin(file, file->generation, file->size, file->fd))
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
