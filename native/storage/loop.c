/* SPDX-License-Identifier: Apache-2.0
 *
 * LOOP_ATTACH and LOOP_DETACH: a file as a block device. A file is known by its inode, not by what was written down: after
 * a crash the device is found again, and none is ever detached that has come to serve another file.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "common/ops.h"
#include "common/sys.h"
#include "storage/device_node.h"

enum { CONTROL_MAJOR = 10, CONTROL_MINOR = 237, LOOP_MAJOR = 7, LOOPS_MAX = 4096, ATTEMPTS = 64 };

static int open_loop(int number) {
  char path[32];
  snprintf(path, sizeof path, "/dev/loop%d", number);
  return tsk_open_node(path, S_IFBLK, LOOP_MAJOR, (unsigned)number);
}

static bool serves(int loop, const struct stat *file) {
  struct loop_info64 info;
  return ioctl(loop, LOOP_GET_STATUS64, &info) == 0 && info.lo_device == file->st_dev && info.lo_inode == file->st_ino;
}

/* The open device that has the file, or -ENOENT. Devices are numbered from 0; gaps are few, so the first long one ends it. */
static int find_loop(const struct stat *file) {
  char path[32];
  for (int number = 0, missing = 0; number < LOOPS_MAX && missing < 64; number++) {
    int fd;
    snprintf(path, sizeof path, "/dev/loop%d", number);
    fd = (int)tsk_result(open(path, O_RDWR | O_CLOEXEC));
    if (fd < 0) {
      missing++;
      continue;
    }
    missing = 0;
    if (serves(fd, file))
      return fd;
    close(fd);
  }
  return -ENOENT;
}

/* Another program may take the free device between the question and the use: then there is a next one. */
static int attach(int control, int file) {
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    int loop, error, number = (int)tsk_result(ioctl(control, LOOP_CTL_GET_FREE));
    if (number < 0)
      return number;
    loop = open_loop(number);
    if (loop < 0)
      return loop;
    error = tsk_check(ioctl(loop, LOOP_SET_FD, file));
    if (error == 0)
      return loop;
    close(loop);
    if (error != -EBUSY)
      return error;
  }
  return -EBUSY;
}

static int open_or_attach(const char *path) {
  struct stat status;
  int control, loop, file = (int)tsk_result(open(path, O_RDWR | O_CLOEXEC));
  if (file < 0)
    return file;
  loop = tsk_fstat(file, &status);
  if (loop == 0)
    loop = find_loop(&status);
  if (loop == -ENOENT) {
    control = tsk_open_node("/dev/loop-control", S_IFCHR, CONTROL_MAJOR, CONTROL_MINOR);
    loop = control < 0 ? control : attach(control, file);
    if (control >= 0)
      close(control);
  }
  close(file);
  return loop;
}

int tsk_do_LOOP_ATTACH(struct tsk_context *context, const struct tsk_op *op) {
  struct stat status;
  int error, loop = open_or_attach(op->args[0].s);
  (void)context;
  if (loop < 0)
    return loop;
  error = tsk_fstat(loop, &status);
  if (error == 0)
    error = tsk_write_device_number((int)op->args[1].u, status.st_rdev);
  close(loop);
  return error;
}

/* A device that is still in use goes when its last user does. */
int tsk_do_LOOP_DETACH(struct tsk_context *context, const struct tsk_op *op) {
  struct stat status;
  int error, loop, file = (int)tsk_result(open(op->args[0].s, O_RDONLY | O_CLOEXEC));
  (void)context;
  if (file < 0)
    return file;
  error = tsk_fstat(file, &status);
  close(file);
  loop = error < 0 ? error : find_loop(&status);
  if (loop < 0)
    return loop;
  error = tsk_check(ioctl(loop, LOOP_CLR_FD, 0));
  close(loop);
  return error;
}
