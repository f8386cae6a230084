/* SPDX-License-Identifier: Apache-2.0
 *
 * System calls as the common code wants them: a non-negative value or a negative errno, and direct where the C library
 * has no wrapper, or glibc one newer than 2.28 (stat, mknod).
 */
#ifndef TSK_SYS_H
#define TSK_SYS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/kernel.h"

/* A call's result as value or negative errno. */
static inline long tsk_result(long result) { return result < 0 ? -errno : result; }
#define TSK_CALL(...) ((int)tsk_result(syscall(__VA_ARGS__)))

/* 0 or the negative errno of a libc call that gives -1. */
static inline int tsk_check(long result) { return result < 0 ? -errno : 0; }

static inline int tsk_fstat(int fd, struct stat *out) { return TSK_CALL(SYS_fstat, fd, out); }

static inline int tsk_fstatat(int fd, const char *path, struct stat *out, int flags) {
  return TSK_CALL(SYS_newfstatat, fd, path, out, flags);
}

static inline int tsk_mknodat(int fd, const char *path, mode_t mode, uint64_t device) {
  return TSK_CALL(SYS_mknodat, fd, path, mode, (unsigned)device);
}

static inline int tsk_openat2(int fd, const char *path, const struct tsk_open_how *how) {
  return TSK_CALL(TSK_SYS_openat2, fd, path, how, sizeof *how);
}

static inline int tsk_open_tree(int fd, const char *path, unsigned flags) {
  return TSK_CALL(TSK_SYS_open_tree, fd, path, flags);
}

static inline int tsk_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
  return TSK_CALL(TSK_SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int tsk_mount_setattr(int fd, const char *path, unsigned flags, const struct tsk_mount_attr *attr) {
  return TSK_CALL(TSK_SYS_mount_setattr, fd, path, flags, attr, sizeof *attr);
}

static inline int tsk_close_range(unsigned first, unsigned last, unsigned flags) {
  return TSK_CALL(TSK_SYS_close_range, first, last, flags);
}

/* Writes all of it, through interruptions and short writes; 0 or negative errno. */
int tsk_write_all(int fd, const void *bytes, size_t size);

/* Makes a memory file with these bytes that nobody can change again. Its descriptor, or negative errno. */
int tsk_sealed_memfd(const char *name, const void *bytes, size_t size, bool executable);

/* The descriptor at or above TSKER_SLOT_MAX, out of the way of a plan's slots; the one given is closed either way. */
int tsk_lift(int fd);

#endif
