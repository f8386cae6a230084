// Docker's default seccomp profile as data, after its documentation (docs.docker.com/engine/security/seccomp): an allow-list
// by subject, the calls that some capabilities open, and the few that depend on their arguments. io_uring is left out, as
// in Docker since 25.
import type { SeccompArg } from '../spec.ts';
import type { ProfileFilter, ProfileRule, SeccompProfile } from './profile.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Open to every container. 32-bit and older forms of a call stand beside it: the filter covers x86 as well. */
const ALWAYS: Readonly<Record<string, string[]>> = {
  process: words(`
    capget capset execve execveat exit exit_group fork get_robust_list get_thread_area getcpu getegid
    getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid getppid getpriority getresgid
    getresgid32 getresuid getresuid32 getrlimit getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set kill
    map_shadow_stack membarrier pause pidfd_open pidfd_send_signal prctl prlimit64 process_mrelease restart_syscall rseq
    set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
    setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32
    setrlimit setsid setuid setuid32 sysinfo tgkill times tkill ugetrlimit umask uname uretprobe vfork wait4 waitid waitpid
  `),
  scheduling: words(`
    sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
    sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler
    sched_yield
  `),
  signals: words(`
    rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigprocmask sigreturn
  `),
  memory: words(`
    brk madvise memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal msync munlock
    munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages
  `),
  files: words(`
    _llseek access cachestat chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat
    faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64
    fdatasync flock fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents
    getdents64 ioctl lchown lchown32 link linkat lseek lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at
    newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
    rename renameat renameat2 rmdir sendfile sendfile64 splice stat stat64 statfs statfs64 statx symlink symlinkat sync
    sync_file_range syncfs tee truncate truncate64 unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write
    writev
  `),
  attributes: words(`
    fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr lremovexattr
    lsetxattr removexattr removexattrat setxattr setxattrat
  `),
  waiting: words(`
    _newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
    eventfd2 fanotify_mark futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake inotify_add_watch inotify_init
    inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit
    poll ppoll ppoll_time64 pselect6 pselect6_time64 select
  `),
  communication: words(`
    accept accept4 bind connect getpeername getsockname getsockopt ipc listen mq_getsetattr mq_notify mq_open mq_timedreceive
    mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd pipe pipe2 recv recvfrom
    recvmmsg recvmmsg_time64 recvmsg semctl semget semop semtimedop semtimedop_time64 send sendmmsg sendmsg sendto
    setsockopt shmat shmctl shmdt shmget shutdown socketcall socketpair
  `),
  time: words(`
    adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
    clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
    timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
    timerfd_gettime64 timerfd_settime timerfd_settime64
  `),
  confinement: words(`
    getrandom landlock_add_rule landlock_create_ruleset landlock_restrict_self lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr seccomp
  `),
};

/** What a capability in the bounding set opens. */
const BY_CAPABILITY: Readonly<Record<string, string[]>> = {
  CAP_DAC_READ_SEARCH: words('open_by_handle_at'),
  CAP_SYS_ADMIN: words(`
    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick listmount lookup_dcookie mount mount_setattr move_mount
    open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns statmount syslog umount umount2 unshare
  `),
  CAP_SYS_BOOT: words('reboot'),
  CAP_SYS_CHROOT: words('chroot'),
  CAP_SYS_MODULE: words('delete_module finit_module init_module'),
  CAP_SYS_PACCT: words('acct'),
  CAP_SYS_PTRACE: words('kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace'),
  CAP_SYS_RAWIO: words('ioperm iopl'),
  CAP_SYS_TIME: words('clock_settime clock_settime64 settimeofday stime'),
  CAP_SYS_TTY_CONFIG: words('vhangup'),
  CAP_SYS_NICE: words('get_mempolicy mbind set_mempolicy set_mempolicy_home_node'),
  CAP_SYSLOG: words('syslog'),
  CAP_BPF: words('bpf'),
  CAP_PERFMON: words('perf_event_open'),
};

const BY_ARCHITECTURE: readonly { readonly arches: readonly string[]; readonly names: string[] }[] = [
  { arches: ['amd64', 'x32'], names: words('arch_prctl') },
  { arches: ['amd64', 'x32', 'x86'], names: words('modify_ldt') },
  {
    arches: ['arm', 'arm64'],
    names: words('arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2'),
  },
];

const ENOSYS = 38;
const AF_VSOCK = 40;
/** CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET. */
const CLONE_NAMESPACES = 0x7e02_0000;

/** The execution domains that do not switch off a protection: Linux and its 32-bit and short-uname forms, and the query. */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffff_ffff];

function allow(names: readonly string[], includes?: ProfileFilter): ProfileRule {
  return { names, action: 'SCMP_ACT_ALLOW', ...(includes === undefined ? {} : { includes }) };
}

function allowIf(name: string, arg: SeccompArg, excludes?: ProfileFilter): ProfileRule {
  return { names: [name], action: 'SCMP_ACT_ALLOW', args: [arg], ...(excludes === undefined ? {} : { excludes }) };
}

const WITHOUT_ADMIN: ProfileFilter = { caps: ['CAP_SYS_ADMIN'] };

/** The rules before resolution; anything not named is EPERM. */
export const DEFAULT_SECCOMP_PROFILE: SeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  archMap: [
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
  ],
  syscalls: [
    allow(Object.values(ALWAYS).flat()),
    // Before 4.8 a tracer could get its child past the filter.
    allow(words('process_vm_readv process_vm_writev ptrace'), { minKernel: '4.8' }),
    // A virtual machine's channel to its host is in no network namespace.
    allowIf('socket', { index: 0, value: AF_VSOCK, op: 'SCMP_CMP_NE' }),
    ...PERSONALITIES.map((value) => allowIf('personality', { index: 0, value, op: 'SCMP_CMP_EQ' })),
    ...BY_ARCHITECTURE.map(({ arches, names }) => allow(names, { arches })),
    ...Object.entries(BY_CAPABILITY).map(([capability, names]) => allow(names, { caps: [capability] })),
    // No new namespaces: they would bring capabilities within, and the kernel's code behind those.
    allowIf('clone', { index: 0, value: CLONE_NAMESPACES, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }, WITHOUT_ADMIN),
    // clone3's flags are behind a pointer, which a filter cannot follow; C libraries fall back to clone on ENOSYS.
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS, excludes: WITHOUT_ADMIN },
  ],
};
