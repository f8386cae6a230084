/* SPDX-License-Identifier: Apache-2.0
 *
 * What takes privileges away: user and groups, capabilities, no_new_privs, seccomp. The order is the plan's affair.
 */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "common/ops.h"
#include "common/sys.h"

enum { LAST_CAPABILITY = 63 };

static int get_capabilities(struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  return TSK_CALL(SYS_capget, &header, data);
}

static int set_capabilities(const struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  return TSK_CALL(SYS_capset, &header, data);
}

/* Ends at the first capability the kernel does not know. */
int tsk_do_BOUNDING(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
    int held = prctl(PR_CAPBSET_READ, (unsigned long)capability, 0, 0, 0);
    if (held < 0)
      return 0;
    if (held == 1 && (op->args[0].u >> capability & 1u) == 0 && prctl(PR_CAPBSET_DROP, (unsigned long)capability, 0, 0, 0) < 0)
      return -errno;
  }
  return 0;
}

/* Raw calls: the C library's would look for other threads. KEEPCAPS saves the permitted set only; the effective one,
 * which later operations need, is raised again. */
static int change_ids(uid_t uid, gid_t gid, const struct tsk_arg *groups) {
  struct __user_cap_data_struct data[2];
  int error;
  if ((error = TSK_CALL(SYS_setgroups, (size_t)groups->size / sizeof(gid_t), groups->b)) < 0)
    return error;
  if ((error = TSK_CALL(SYS_setresgid, gid, gid, gid)) < 0)
    return error;
  if ((error = TSK_CALL(SYS_setresuid, uid, uid, uid)) < 0)
    return error;
  if ((error = get_capabilities(data)) < 0)
    return error;
  data[0].effective = data[0].permitted;
  data[1].effective = data[1].permitted;
  return set_capabilities(data);
}

int tsk_do_USER(struct tsk_context *context, const struct tsk_op *op) {
  int error;
  (void)context;
  if (op->args[0].u >= UINT32_MAX || op->args[1].u >= UINT32_MAX || op->args[2].size % sizeof(gid_t) != 0)
    return -EINVAL;
  if (prctl(PR_SET_KEEPCAPS, 1ul, 0, 0, 0) < 0)
    return -errno;
  error = change_ids((uid_t)op->args[0].u, (gid_t)op->args[1].u, &op->args[2]);
  prctl(PR_SET_KEEPCAPS, 0ul, 0, 0, 0);
  return error;
}

static int set_ambient(uint64_t mask) {
  /* EINVAL: a kernel without ambient capabilities, which is only wrong when some are wanted. */
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0ul, 0ul, 0ul) < 0)
    return mask == 0 && errno == EINVAL ? 0 : -errno;
  for (int capability = 0; capability <= LAST_CAPABILITY; capability++)
    if ((mask >> capability & 1u) != 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (unsigned long)capability, 0ul, 0ul) < 0)
      return -errno;
  return 0;
}

int tsk_do_CAPABILITIES(struct tsk_context *context, const struct tsk_op *op) {
  const uint64_t effective = op->args[0].u, permitted = op->args[1].u, inheritable = op->args[2].u;
  const struct __user_cap_data_struct data[2] = {
      {.effective = (uint32_t)effective, .permitted = (uint32_t)permitted, .inheritable = (uint32_t)inheritable},
      {.effective = (uint32_t)(effective >> 32),
       .permitted = (uint32_t)(permitted >> 32),
       .inheritable = (uint32_t)(inheritable >> 32)},
  };
  int error = set_capabilities(data);
  (void)context;
  return error < 0 ? error : set_ambient(op->args[3].u);
}

int tsk_do_NO_NEW_PRIVS(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  (void)op;
  return tsk_check(prctl(PR_SET_NO_NEW_PRIVS, 1ul, 0ul, 0ul, 0ul));
}

int tsk_do_SECCOMP(struct tsk_context *context, const struct tsk_op *op) {
  const struct tsk_arg *blob = &op->args[1];
  struct sock_fprog program;
  (void)context;
  if (blob->size == 0 || blob->size % sizeof(struct sock_filter) != 0 || blob->size / sizeof(struct sock_filter) > BPF_MAXINSNS)
    return -EINVAL;
  program.len = (unsigned short)(blob->size / sizeof(struct sock_filter));
  program.filter = (struct sock_filter *)(uintptr_t)blob->b;
  return TSK_CALL(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)op->args[0].u, &program);
}
