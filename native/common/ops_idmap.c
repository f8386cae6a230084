/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids of files across user namespaces. IDMAP, for the daemon's workers: a bind mount in which the owners of files are those that a user namespace makes of them
 * (Documentation/filesystems/idmappings.rst). Nothing is written to the files: what is 0 on the disk is the namespace's root
 * in the mount, and the other way round. EINVAL: the file system cannot do it (ext4, xfs, overlay's layers: 5.12 to 5.19).
 *
 * FSUSER: where owners are mapped, the host's root has no id of its own, and nothing can be made in its name (EOVERFLOW).
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mount.h>

#include "common/ops.h"
#include "common/sys.h"

/* While nobody can see the tree: a mount that is attached takes no maps. */
static int map_ids(int tree, const char *namespace_path) {
  struct tsk_mount_attr attr = {.attr_set = TSK_MOUNT_ATTR_IDMAP, .propagation = MS_PRIVATE};
  int error, namespace_fd = (int)tsk_result(open(namespace_path, O_RDONLY | O_CLOEXEC));
  if (namespace_fd < 0)
    return namespace_fd;
  attr.userns_fd = (uint64_t)namespace_fd;
  error = tsk_mount_setattr(tree, "", AT_EMPTY_PATH, &attr);
  close(namespace_fd);
  return error;
}

int tsk_do_IDMAP(struct tsk_context *context, const struct tsk_op *op) {
  const unsigned to = TSK_MOVE_MOUNT_F_EMPTY_PATH | TSK_MOVE_MOUNT_T_SYMLINKS;
  int error, tree = tsk_open_tree(AT_FDCWD, op->args[0].s, TSK_OPEN_TREE_CLONE | O_CLOEXEC);
  (void)context;
  if (tree < 0)
    return tree;
  error = map_ids(tree, op->args[2].s);
  if (error == 0)
    error = tsk_move_mount(tree, "", AT_FDCWD, op->args[1].s, to);
  /* A shared parent makes what is moved under it shared. */
  if (error == 0)
    error = tsk_check(mount(NULL, op->args[1].s, NULL, MS_PRIVATE, NULL));
  close(tree);
  return error;
}

/* The kernel takes capabilities over files away with the id of root (capabilities(7)). */
static int raise_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  int error = TSK_CALL(SYS_capget, &header, data);
  if (error < 0)
    return error;
  data[0].effective = data[0].permitted;
  data[1].effective = data[1].permitted;
  return TSK_CALL(SYS_capset, &header, data);
}

/* Raw calls, which are about one thread. They tell the id before, and of a failure only by the next call. */
int tsk_fs_user(uid_t uid, gid_t gid) {
  syscall(SYS_setfsgid, gid);
  syscall(SYS_setfsuid, uid);
  if ((uid_t)syscall(SYS_setfsuid, (uid_t)-1) != uid || (gid_t)syscall(SYS_setfsgid, (gid_t)-1) != gid)
    return -EPERM;
  return raise_capabilities();
}

int tsk_do_FSUSER(struct tsk_context *context, const struct tsk_op *op) {
  if (op->args[0].u > UINT32_MAX || op->args[1].u > UINT32_MAX)
    return -EINVAL;
  context->fs_user = true;
  return tsk_fs_user((uid_t)op->args[0].u, (gid_t)op->args[1].u);
}
