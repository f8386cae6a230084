/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptor utilities and feature probes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/support/test.h"

static bool close_on_exec(int fd) { return fcntl(fd, F_GETFD) == FD_CLOEXEC; }
static bool nonblocking(int fd) { return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

static void pairs(void) {
  int32_t ends[2];
  char byte;
  for (uint32_t kind = 0; kind <= 2; kind++) {
    CHECK_INT(tsker_pair(kind, kind == 1, ends), 0);
    CHECK(close_on_exec(ends[0]) && close_on_exec(ends[1]));
    CHECK(nonblocking(ends[0]) == (kind == 1));
    CHECK(write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1);
    CHECK_INT(tsker_close(ends[0]), 0);
    CHECK_INT(tsker_close(ends[1]), 0);
  }
  CHECK_INT(tsker_pair(4, 0, ends), -EINVAL);
  CHECK_INT(tsker_close(-1), -EBADF);
}

static void opens_and_duplicates(void) {
  char *path = test_path("file");
  int fd = tsker_open(path, O_CREAT | O_WRONLY, 0600), copy;
  CHECK(fd >= 0 && close_on_exec(fd));
  copy = tsker_dup(fd);
  CHECK(copy > 2 && close_on_exec(copy));
  CHECK_INT(tsker_open("/nonexistent", 0, 0), -ENOENT);
  CHECK_INT(tsker_dup(999), -EBADF);
  close(fd);
  close(copy);
  free(path);
}

static void locks_exclude(void) {
  char *path = test_path("lock");
  int one = tsker_open(path, O_CREAT | O_RDWR, 0600), two = tsker_open(path, O_RDWR, 0);
  CHECK_INT(tsker_lock(one), 0);
  CHECK_INT(tsker_lock(two), -EWOULDBLOCK);
  close(one);
  CHECK_INT(tsker_lock(two), 0);
  close(two);
  free(path);
}

static int table_size(void) {
  char line[128];
  int size = -1;
  FILE *status = fopen("/proc/self/status", "re");
  CHECK(status != NULL);
  while (size < 0 && fgets(line, sizeof line, status) != NULL)
    sscanf(line, "FDSize: %d", &size);
  fclose(status);
  return size;
}

static void room_is_made_within_the_limit(void) {
  struct rlimit limit, low;
  CHECK_INT(tsker_room_for_descriptors(0), -EINVAL);
  CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
  low = (struct rlimit){.rlim_cur = 600, .rlim_max = limit.rlim_max};
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &low), 0);
  CHECK_INT(tsker_room_for_descriptors(UINT32_MAX), 0);
  CHECK(table_size() >= 600 && table_size() <= 1024);
  CHECK_INT(fcntl(599, F_GETFD), -1); /* the room is there, and nobody in it */
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void send_fds(int socket_fd, const int *fds, size_t count) {
  union {
    char bytes[CMSG_SPACE(4 * sizeof(int))];
    struct cmsghdr align;
  } control = {{0}};
  char byte = 0;
  struct iovec data = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  if (count > 0) {
    struct cmsghdr *part;
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(part), fds, count * sizeof(int));
  }
  CHECK_INT(sendmsg(socket_fd, &message, 0), 1);
}

static int open_count(void) {
  int count = 0;
  for (int fd = 0; fd < 256; fd++)
    count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

static void received_descriptors(void) {
  int32_t ends[2];
  int fds[3] = {0, 1, 2}, before, received;
  CHECK_INT(tsker_pair(1, 0, ends), 0);
  before = open_count();
  CHECK_INT(tsker_recv_fd(ends[0]), -EAGAIN);
  send_fds(ends[1], fds, 3);
  received = tsker_recv_fd(ends[0]);
  CHECK(received > 2 && close_on_exec(received));
  CHECK_INT(open_count(), before + 1); /* only one is kept */
  close(received);
  send_fds(ends[1], fds, 0);
  CHECK_INT(tsker_recv_fd(ends[0]), -EPROTO);
  close(ends[1]);
  CHECK_INT(tsker_recv_fd(ends[0]), -EPIPE);
  close(ends[0]);
}

static void probes(void) {
  const int features = tsker_features();
  CHECK(features >= 0 && tsker_features() == features);
  printf("  features: 0x%x\n", (unsigned)features);
  CHECK_INT(tsker_fs_magic("/proc"), 0x9fa0);
  CHECK_INT(tsker_fs_magic("/nonexistent"), -ENOENT);
  CHECK_INT(tsker_abi(), TSKER_ABI);
}

static const struct test tests[] = {
    {"pairs of every kind are made", pairs},
    {"files are opened and duplicated close-on-exec", opens_and_duplicates},
    {"a lock excludes another opener", locks_exclude},
    {"room for descriptors is made, within the limit", room_is_made_within_the_limit},
    {"one descriptor of a message is taken, no other leaks", received_descriptors},
    {"features and file systems are probed", probes},
};
TEST_MAIN(tests)
