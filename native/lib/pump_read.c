/* SPDX-License-Identifier: Apache-2.0
 *
 * A log as its readers see it: generations, which keep their number while rotation renames their files, and pins, which
 * keep a file open until it has been read, also when its name is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "common/sys.h"
#include "lib/pump_file.h"

enum { PINNED_MAX = 256 << 20 }; /* what a follower that lags behind may keep on the disk: then it misses lines */

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

bool tsk_file_pin(struct file_sink *file, uint64_t generation, uint64_t size, int fd) {
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

bool tsk_file_is_pinned(const struct file_sink *file, uint64_t generation) {
  return file->pin_from != 0 && generation >= file->pin_from;
}

/* ---- for readers ---- */

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
  tsk_file_name(name, file, index, "");
  if ((fd = open(name, O_RDONLY | O_CLOEXEC)) >= 0 || errno != ENOENT || index == 0)
    return fd < 0 ? -errno : fd;
  tsk_file_name(name, file, index, ".gz");
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
        !tsk_file_pin(file, generation - 1, (uint64_t)status.st_size, fd)) {
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
