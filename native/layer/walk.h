/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading directories by descriptor, and the xattrs of what is in them.
 */
#ifndef TSK_LAYER_WALK_H
#define TSK_LAYER_WALK_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#define TSK_WALK_DEPTH_MAX 640 /* levels; each takes up to 400 bytes of a worker's 512 KB stack, and two descriptors */

/* A stream over the directory `name` in `parent`; it owns its descriptor. NULL with errno; a link is not followed. */
static inline DIR *tsk_walk_open(int parent, const char *name) {
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
  if (stream == NULL && fd >= 0) {
    int error = errno;
    close(fd);
    errno = error;
  }
  return stream;
}

/* The next name but "." and "..": NULL at the end with errno 0, or with the error. */
static inline const char *tsk_walk_next(DIR *stream) {
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(stream);
    if (entry == NULL) return NULL;
    const char *name = entry->d_name;
    if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))) continue;
    return name;
  }
}

#endif
