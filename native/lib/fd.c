/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors for the TypeScript side, which cannot make pipes, receive or lock them itself. All are close-on-exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <linux/sockios.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/internal.h"

static int make_socketpair(int type, uint32_t nonblock, int ends[2]) {
  return tsk_check(socketpair(AF_UNIX, type | SOCK_CLOEXEC | (nonblock != 0 ? SOCK_NONBLOCK : 0), 0, ends));
}

enum { WIDE_PIPE = 1 << 20 };

int32_t tsker_pair(uint32_t kind, uint32_t nonblock, int32_t *out) {
  int ends[2] = {-1, -1};
  int error = -EINVAL;
  if (kind == 0 || kind == 3)
    error = tsk_check(pipe2(ends, O_CLOEXEC | (nonblock != 0 ? O_NONBLOCK : 0)));
  else if (kind == 1)
    error = make_socketpair(SOCK_STREAM, nonblock, ends);
  else if (kind == 2)
    error = make_socketpair(SOCK_DGRAM, nonblock, ends);
  if (error == 0 && kind == 3)
    (void)fcntl(ends[0], F_SETPIPE_SZ, WIDE_PIPE); /* a narrow one is slower, no more */
  if (error == 0) {
    out[0] = ends[0];
    out[1] = ends[1];
  }
  return error;
}

int32_t tsker_close(int32_t fd) { return tsk_check(close(fd)); }

/* Above 2: a duplicate must never become somebody's stdin. */
int32_t tsker_dup(int32_t fd) { return (int32_t)tsk_result(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

int32_t tsker_open(const char *path, uint32_t flags, uint32_t mode) {
  return (int32_t)tsk_result(open(path, (int)flags | O_CLOEXEC, (mode_t)mode));
}

/* A process with threads that has more descriptors than there is room for waits until no processor looks at the old table any
 * more (RCU): 5 to 20 ms each time it doubles, more on a busy machine. So it has the room before it is needed. */
int32_t tsker_room_for_descriptors(uint32_t count) {
  struct rlimit limit;
  int any, last;
  if (count == 0)
    return -EINVAL;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
    return -errno;
  if (limit.rlim_cur < count)
    count = (uint32_t)limit.rlim_cur;
  any = open("/", O_PATH | O_CLOEXEC);
  if (any < 0)
    return -errno;
  last = fcntl(any, F_DUPFD_CLOEXEC, (int)count - 1);
  const int error = last < 0 ? -errno : 0;
  if (last >= 0)
    close(last);
  close(any);
  return error;
}

int32_t tsker_lock(int32_t fd) { return tsk_check(flock(fd, LOCK_EX | LOCK_NB)); }

/* More descriptors than the one asked for are not kept: the sender is a container's helper at best. */
static int32_t take_descriptor(struct msghdr *message) {
  int32_t kept = -EPROTO;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
      continue;
    for (size_t at = CMSG_LEN(0); at + sizeof(int) <= part->cmsg_len; at += sizeof(int)) {
      int fd;
      memcpy(&fd, (const char *)part + at, sizeof fd);
      if (kept < 0)
        kept = fd;
      else
        close(fd);
    }
  }
  return kept;
}

int32_t tsker_unread(int32_t socket) {
  int bytes = 0;
  return ioctl(socket, SIOCOUTQ, &bytes) < 0 ? -errno : bytes;
}

int32_t tsker_recv_fd(int32_t socket) {
  char byte;
  union {
    char bytes[CMSG_SPACE(4 * sizeof(int))];
    struct cmsghdr align;
  } control;
  struct iovec data = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t size;
  do {
    size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0)
    return -errno;
  return size == 0 ? -EPIPE : take_descriptor(&message);
}

int32_t tsker_getxattr(const char *path, const char *name, uint8_t *out, uint32_t capacity) {
  ssize_t size = lgetxattr(path, name, out, capacity);
  return size < 0 ? -errno : (int32_t)size;
}

int64_t tsker_fs_magic(const char *path) {
  struct statfs fs;
  if (statfs(path, &fs) < 0)
    return -errno;
  return (int64_t)(uint32_t)fs.f_type; /* magics are 32 bits, sign-extended on some architectures */
}
