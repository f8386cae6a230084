/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernel constants and structures that musl's or glibc 2.28's headers do not have, under names of our own, so that they
 * can stand beside headers that do. Values are the kernel's ABI (include/uapi).
 */
#ifndef TSK_KERNEL_H
#define TSK_KERNEL_H

#include <stdint.h>
#include <sys/syscall.h>

/* Since 5.1 system calls have the same number on every architecture. */
#define TSK_SYS_open_tree 428
#define TSK_SYS_move_mount 429
#define TSK_SYS_fsopen 430
#define TSK_SYS_clone3 435
#define TSK_SYS_close_range 436
#define TSK_SYS_openat2 437
#define TSK_SYS_mount_setattr 442
#define TSK_SYS_fchmodat2 452
#define TSK_SYS_pidfd_send_signal 424
#define TSK_SYS_pidfd_open 434

#define TSK_CLONE_INTO_CGROUP 0x200000000ull
#define TSK_CLONE_PIDFD 0x1000ull

struct tsk_clone_args { /* struct clone_args of 5.7 */
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

struct tsk_open_how { /* struct open_how */
  uint64_t flags, mode, resolve;
};
#define TSK_RESOLVE_NO_MAGICLINKS 0x02u
#define TSK_RESOLVE_NO_SYMLINKS 0x04u
#define TSK_RESOLVE_IN_ROOT 0x10u

struct tsk_mount_attr { /* struct mount_attr */
  uint64_t attr_set, attr_clr, propagation, userns_fd;
};
#define TSK_MOUNT_ATTR_RDONLY 0x1u
#define TSK_MOUNT_ATTR_NOSUID 0x2u
#define TSK_MOUNT_ATTR_NODEV 0x4u
#define TSK_MOUNT_ATTR_NOEXEC 0x8u
#define TSK_MOUNT_ATTR_IDMAP 0x100000u

#define TSK_OPEN_TREE_CLONE 1u
#define TSK_MOVE_MOUNT_F_EMPTY_PATH 0x04u
#define TSK_MOVE_MOUNT_T_EMPTY_PATH 0x40u
#define TSK_MOVE_MOUNT_T_SYMLINKS 0x10u
#define TSK_AT_RECURSIVE 0x8000u

#define TSK_CLOSE_RANGE_CLOEXEC 4u

#define TSK_P_PIDFD 3

#endif
