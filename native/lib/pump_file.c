/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes json-file records to a container's log, a whole buffer in one write, and turns to the next file when one is full.
 * A log that cannot be written loses lines, and says how many at the end; the container never waits for a disk that is full.
 */
#include "lib/pump_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/pump.h"

enum { ATTRIBUTES_MAX = 64 << 10, NAME_SUFFIX = 32, LOG_MODE = 0640 };

/* ---- the pump thread: records ---- */

static void style(struct tsk_sink *sink, uint32_t stream, const struct timespec *time) {
  struct file_sink *file = (struct file_sink *)sink;
  tsk_json_tail(&file->tail, stream == TSKER_TEE_STDERR ? "stderr" : "stdout", file->attributes, time);
}

static void tick(struct tsk_sink *sink) { tsk_json_tick(&((struct file_sink *)sink)->tail); }

static void put(struct tsk_sink *sink, const uint8_t *text, size_t size, bool ended) {
  struct file_sink *file = (struct file_sink *)sink;
  uint8_t *room = tsk_sink_room(sink, TSK_JSON_MAX(size) + file->tail.size, size);
  if (room != NULL)
    tsk_sink_add(sink, tsk_json_line(room, text, size, ended, &file->tail));
}

/* ---- a writer thread ---- */

static uint32_t count_lines(const uint8_t *bytes, size_t size) {
  uint32_t lines = 0;
  for (size_t i = 0; i < size; i++)
    lines += bytes[i] == '\n';
  return lines;
}

static void lose_lines(struct file_sink *file, uint32_t lines, int error) {
  pthread_mutex_lock(&file->sink.lock);
  tsk_sink_lose(&file->sink, lines, error);
  pthread_mutex_unlock(&file->sink.lock);
}

/* The file took no more: a line of which only a part is there is taken back, so that readers find whole lines when space
 * comes back. `start`: where the first line that was tried begins. */
static void lose(struct file_sink *file, const struct sink_buffer *buffer, size_t start, int error) {
  const uint8_t *first = buffer->data + start;
  size_t written = buffer->at - start;
  const uint8_t *last = written == 0 ? NULL : memrchr(first, '\n', written);
  size_t whole = last == NULL ? 0 : (size_t)(last - first) + 1;
  struct stat status;

  if (whole < written && tsk_fstat(file->fd, &status) == 0) {
    if (ftruncate(file->fd, status.st_size - (off_t)(written - whole)) < 0)
      error = errno;
    else
      file->size -= written - whole;
  }
  lose_lines(file, count_lines(first + whole, buffer->size - start - whole), error);
}

/* The end of the line that makes the file full, or of the buffer. */
static size_t find_end(const struct file_sink *file, const struct sink_buffer *buffer) {
  const uint8_t *newline;
  size_t left = buffer->size - buffer->at;
  uint64_t space = file->full_at - file->size;
  if (file->full_at == 0 || space > left)
    return buffer->size;
  newline = memchr(buffer->data + buffer->at + space - 1, '\n', left - (size_t)space + 1);
  return newline == NULL ? buffer->size : (size_t)(newline - buffer->data) + 1;
}

/* Writes up to `end`, which is the end of a line; false when the file takes no more. */
static bool write_lines(struct file_sink *file, struct sink_buffer *buffer, size_t end) {
  size_t start = buffer->at;
  while (buffer->at < end) {
    ssize_t n = write(file->fd, buffer->data + buffer->at, end - buffer->at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      lose(file, buffer, start, n < 0 ? errno : EIO);
      return false;
    }
    buffer->at += (size_t)n;
    file->size += (uint64_t)n;
  }
  return true;
}

static void adopt(struct file_sink *file, struct sink_buffer *mark) {
  pthread_mutex_lock(&file->names);
  close(file->fd);
  file->fd = mark->swap;
  file->size = 0;
  pthread_mutex_unlock(&file->names);
  mark->swap = -1;
}

static bool write_buffer(struct tsk_sink *sink, struct sink_buffer *buffer) {
  struct file_sink *file = (struct file_sink *)sink;
  if (buffer->swap >= 0)
    adopt(file, buffer);
  while (buffer->at < buffer->size) {
    if (file->full_at != 0 && file->size >= file->full_at)
      tsk_file_rotate(file, &buffer->time);
    if (!write_lines(file, buffer, find_end(file, buffer)))
      break;
  }
  if (buffer->at > 0)
    tsk_sink_logged(sink);
  return true;
}

static bool always_ready(const struct tsk_sink *sink) {
  (void)sink;
  return true;
}

/* ---- life ---- */

static void destroy(struct tsk_sink *sink) {
  struct file_sink *file = (struct file_sink *)sink;
  if (file->fd >= 0)
    close(file->fd);
  tsk_file_unpin(file, UINT64_MAX);
  pthread_mutex_destroy(&file->names);
  pthread_cond_destroy(&file->compressed);
  free(file->attributes);
  free(file->tail.text);
  free(file->path);
  free(file);
}

const struct sink_type tsk_file_type = {
    .style = style,
    .tick = tick,
    .put = put,
    .write = write_buffer,
    .ready = always_ready,
    .destroy = destroy,
};

/* Its descriptor is given when all else has succeeded. */
static struct file_sink *new_file(uint64_t id, const char *path, const char *attributes) {
  struct file_sink *file = calloc(1, sizeof *file);
  if (file == NULL)
    return NULL;
  tsk_sink_init(&file->sink, &tsk_file_type, id);
  pthread_mutex_init(&file->names, NULL);
  pthread_cond_init(&file->compressed, NULL);
  file->fd = -1;
  file->attributes = strdup(attributes);
  file->tail.text = malloc(TSK_JSON_TAIL + strlen(attributes));
  file->path = path == NULL ? NULL : strdup(path);
  if (file->attributes == NULL || file->tail.text == NULL || (path != NULL && file->path == NULL)) {
    tsk_sink_release(&file->sink);
    return NULL;
  }
  return file;
}

struct tsk_sink *tsk_file_sink(uint64_t id, int fd) {
  struct file_sink *file = new_file(id, NULL, "");
  if (file == NULL)
    return NULL;
  file->fd = fd;
  return &file->sink;
}

/* What a daemon that was killed in the middle of a write left of a line is closed: the next one must not be glued to it. */
static int close_torn_line(int fd, uint64_t *size) {
  char last = '\n';
  if (*size > 0 && pread(fd, &last, 1, (off_t)*size - 1) < 0)
    return -errno;
  if (last == '\n')
    return 0;
  if (write(fd, "\n", 1) != 1)
    return -errno;
  *size += 1;
  return 0;
}

static int open_file(struct file_sink *file) {
  struct stat status;
  int error;
  if ((file->fd = open(file->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, LOG_MODE)) < 0)
    return -errno;
  if ((error = tsk_fstat(file->fd, &status)) < 0)
    return error;
  if (!S_ISREG(status.st_mode))
    return -EINVAL;
  file->size = (uint64_t)status.st_size;
  return close_torn_line(file->fd, &file->size);
}

static int32_t check_options(const char *path, const uint8_t *bytes, uint32_t size, const char *attributes,
                             struct tsker_log *options) {
  if (size != sizeof *options || path[0] != '/')
    return -EINVAL;
  memcpy(options, bytes, sizeof *options);
  if ((options->flags & ~(TSKER_LOG_COMPRESS | TSKER_LOG_NONBLOCK)) != 0 || options->max_files == 0)
    return -EINVAL;
  if (strlen(path) + NAME_SUFFIX >= PATH_MAX)
    return -ENAMETOOLONG;
  return strlen(attributes) > ATTRIBUTES_MAX ? -E2BIG : 0;
}

int32_t tsker_log_open(uint64_t id, const char *path, const uint8_t *log, uint32_t log_size, const char *attributes) {
  struct tsker_log options;
  struct file_sink *file;
  int32_t error = check_options(path, log, log_size, attributes, &options);
  if (error < 0)
    return error;
  if ((file = new_file(id, path, attributes)) == NULL)
    return -ENOMEM;
  file->max_size = file->full_at = options.max_size;
  file->max_files = options.max_files;
  file->compress = (options.flags & TSKER_LOG_COMPRESS) != 0 && options.max_files > 1;
  file->sink.lossy = (options.flags & TSKER_LOG_NONBLOCK) != 0;
  if (options.buffer != 0)
    file->sink.limit = options.buffer;
  file->generation = options.max_files; /* those that are there already have lower ones */
  if ((error = open_file(file)) < 0 || (error = tsk_sink_register(&file->sink)) < 0)
    tsk_sink_release(&file->sink);
  return error;
}
