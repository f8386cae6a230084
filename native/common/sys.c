/* SPDX-License-Identifier: Apache-2.0
 *
 * The few system-call helpers that are more than one call.
 */
#include "common/sys.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "tsker.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#define MFD_EXEC 0x0010u
#endif

int tsk_write_all(int fd, const void *bytes, size_t size) {
  const char *at = bytes;
  while (size > 0) {
    ssize_t written = write(fd, at, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return -errno;
    at += written;
    size -= (size_t)written;
  }
  return 0;
}

/* Since 6.3 vm.memfd_noexec may demand that one of the two is said; before, both are EINVAL. */
static int memfd(const char *name, bool executable) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = TSK_CALL(SYS_memfd_create, name, flags | (executable ? MFD_EXEC : 0u));
  return fd == -EINVAL ? TSK_CALL(SYS_memfd_create, name, flags) : fd;
}

int tsk_sealed_memfd(const char *name, const void *bytes, size_t size, bool executable) {
  int fd = memfd(name, executable);
  int error;
  if (fd < 0)
    return fd;
  error = tsk_write_all(fd, bytes, size);
  if (error == 0)
    error = tsk_check(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
  if (error == 0)
    return fd;
  close(fd);
  return error;
}

int tsk_lift(int fd) {
  int lifted = fcntl(fd, F_DUPFD_CLOEXEC, TSKER_SLOT_MAX);
  int error = -errno;
  close(fd);
  return lifted < 0 ? error : lifted;
}
