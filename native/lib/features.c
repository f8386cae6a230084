/* SPDX-License-Identifier: Apache-2.0
 *
 * What this kernel and these privileges allow. Every probe is a call that cannot change anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/netlink.h"
#include "common/sys.h"
#include "lib/internal.h"

/* A cgroup descriptor that cannot exist: EBADF from a kernel that looks at it, EINVAL from one that does not know the flag. */
static bool has_clone_into_cgroup(void) {
  struct tsk_clone_args args = {.flags = TSK_CLONE_INTO_CGROUP, .cgroup = INT32_MAX};
  return TSK_CALL(TSK_SYS_clone3, &args, sizeof args) == -EBADF;
}

static bool has_openat2(void) {
  const struct tsk_open_how how = {.flags = O_PATH | O_CLOEXEC, .mode = 0, .resolve = TSK_RESOLVE_IN_ROOT};
  int fd = tsk_openat2(AT_FDCWD, "/", &how);
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

static bool has_mount_setattr(void) {
  const struct tsk_mount_attr nothing = {.attr_set = 0};
  const int error = tsk_mount_setattr(-1, "", AT_EMPTY_PATH, &nothing);
  return error != -ENOSYS && error != -EPERM;
}

static bool has_seccomp(void) {
  const uint32_t action = SECCOMP_RET_ERRNO;
  return TSK_CALL(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* NFT_MSG_GETGEN: the generation of the rule set, which every kernel with nf_tables tells. */
static bool has_nftables(void) {
  struct {
    struct nlmsghdr header;
    struct nfgenmsg generic;
  } request = {
      .header = {.nlmsg_len = sizeof request,
                 .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                 .nlmsg_seq = 1},
  };
  int error, fd = tsk_netlink_open(NETLINK_NETFILTER);
  if (fd < 0)
    return false;
  error = tsk_netlink_exchange(fd, (const uint8_t *)&request, sizeof request, NULL);
  close(fd);
  return error == 0;
}

/* The content of a small kernel file, NUL-terminated; false when it cannot be read. */
static bool read_text(const char *path, char *out, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t count;
  if (fd < 0)
    return false;
  count = read(fd, out, size - 1);
  close(fd);
  out[count < 0 ? 0 : count] = '\0';
  return count > 0;
}

static bool has_userns(void) {
  char limit[32];
  if (access("/proc/self/ns/user", F_OK) < 0)
    return false;
  return read_text("/proc/sys/user/max_user_namespaces", limit, sizeof limit) && strtol(limit, NULL, 10) > 0;
}

/* fsopen loads the module where there is one; before 5.2 the list of what is loaded must do. */
static bool has_overlay(void) {
  char list[4096];
  int fd = TSK_CALL(TSK_SYS_fsopen, "overlay", 1u /* FSOPEN_CLOEXEC */);
  if (fd >= 0)
    close(fd);
  if (fd != -ENOSYS)
    return fd >= 0;
  return read_text("/proc/filesystems", list, sizeof list) && strstr(list, "\toverlay\n") != NULL;
}

static bool has_sys_resource(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  return TSK_CALL(SYS_capget, &header, data) == 0 && (data[0].effective >> CAP_SYS_RESOURCE & 1u) != 0;
}

static struct {
  pthread_once_t once;
  uint32_t bits;
} features = {.once = PTHREAD_ONCE_INIT};

static void probe(void) {
  features.bits = (has_clone_into_cgroup() ? TSKER_HAS_CLONE_INTO_CGROUP : 0u) |
                  (has_openat2() ? TSKER_HAS_OPENAT2 : 0u) | (has_mount_setattr() ? TSKER_HAS_MOUNT_SETATTR : 0u) |
                  (has_seccomp() ? TSKER_HAS_SECCOMP : 0u) | (has_nftables() ? TSKER_HAS_NFTABLES : 0u) |
                  (has_userns() ? TSKER_HAS_USERNS : 0u) | (has_overlay() ? TSKER_HAS_OVERLAY : 0u) |
                  (has_sys_resource() ? TSKER_HAS_SYS_RESOURCE : 0u);
}

int32_t tsker_features(void) {
  pthread_once(&features.once, probe);
  return (int32_t)features.bits;
}
