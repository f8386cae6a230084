/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's control devices, which also load the module that answers them: where no udev has made their nodes
 * they are made here.
 */
#ifndef TSK_STORAGE_DEVICE_NODE_H
#define TSK_STORAGE_DEVICE_NODE_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/sys.h"

static inline int tsk_open_node(const char *path, mode_t kind, unsigned major_number, unsigned minor_number) {
  int fd = (int)tsk_result(open(path, O_RDWR | O_CLOEXEC));
  int error;
  if (fd != -ENOENT)
    return fd;
  error = tsk_mknodat(AT_FDCWD, path, kind | 0600, makedev(major_number, minor_number));
  if (error < 0 && error != -EEXIST)
    return error;
  fd = (int)tsk_result(open(path, O_RDWR | O_CLOEXEC));
  if (fd < 0 && error == 0)
    unlink(path); /* nothing answers it */
  return fd;
}

/* "major:minor" and a newline: the form in which device-mapper tables name devices. */
static inline int tsk_write_device_number(int fd, dev_t device) {
  char text[32];
  int size = snprintf(text, sizeof text, "%u:%u\n", major(device), minor(device));
  return tsk_write_all(fd, text, (size_t)size);
}

#endif
