/* SPDX-License-Identifier: Apache-2.0
 *
 * Gives the program's standard descriptors to its user (runc's fixStdioPermissions): /dev/stdout leads to
 * /proc/self/fd/1, and opening that asks for the permission of the pipe or terminal behind it.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/ops.h"
#include "common/sys.h"

/* The null device is everybody's, and may be the host's own. */
static bool is_null(const struct stat *file) {
  return S_ISCHR(file->st_mode) && major(file->st_rdev) == 1 && minor(file->st_rdev) == 3;
}

int tsk_do_STDIO_OWNER(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  if (op->args[0].u > UINT32_MAX)
    return -EINVAL;
  for (int fd = 0; fd <= 2; fd++) {
    struct stat file;
    int error = tsk_fstat(fd, &file);
    if (error < 0)
      return error;
    if (is_null(&file) || file.st_uid == (uid_t)op->args[0].u)
      continue;
    /* The group stays: a terminal's is tty. Owners that cannot be changed: a read-only file, a user not mapped here. */
    error = tsk_check(fchown(fd, (uid_t)op->args[0].u, (gid_t)-1));
    if (error < 0 && error != -EPERM && error != -EROFS && error != -EINVAL)
      return error;
  }
  return 0;
}
