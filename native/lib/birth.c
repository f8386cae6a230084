/* SPDX-License-Identifier: Apache-2.0
 *
 * How a process is born: clone3 with vfork semantics, then execveat of the sealed helper. The child runs on its own stack
 * in the parent's memory while the calling thread is suspended. It makes system calls without the C library (errno is the
 * parent's) and writes nothing but its answer in struct birth.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/plan.h"
#include "common/raw.h"
#include "common/sys.h"
#include "lib/birth.h"
#include "lib/internal.h"

enum { CHILD_STACK = 32 << 10 };

/* What is told to a midwife, and her answer. */
struct delivery {
  struct birth *birth;
  struct tsk_clone_args args;
  int userns_fd;
  int pidns_fd; /* -1: none */
  long pid;     /* or a negative errno */
};

/* The stacks are kept: fresh mappings would cost page faults at every spawn. One spawn at a time. */
static struct {
  pthread_mutex_t lock;
  char *stack; /* the child's, and above it the midwife's */
} nursery = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Sources below the slots are lifted out of the way first, so that no dup3 closes a source still needed. */
TSK_RAW_CODE static long place_descriptors(struct birth *birth) {
  const int first_free = birth->slots;
  for (int slot = 0; slot < birth->slots; slot++) {
    long lifted;
    if (birth->sources[slot] > first_free)
      continue;
    lifted = tsk_raw(SYS_fcntl, birth->sources[slot], F_DUPFD_CLOEXEC, first_free + 1, 0, 0);
    if (lifted < 0)
      return lifted;
    birth->sources[slot] = (int)lifted;
  }
  if (birth->helper_fd < first_free) {
    long lifted = tsk_raw(SYS_fcntl, birth->helper_fd, F_DUPFD_CLOEXEC, first_free + 1, 0, 0);
    if (lifted < 0)
      return lifted;
    birth->helper_fd = (int)lifted;
  }
  for (int slot = 0; slot < birth->slots; slot++) {
    long placed = tsk_raw(SYS_dup3, birth->sources[slot], slot, 0, 0, 0);
    if (placed < 0)
      return placed;
  }
  if (birth->helper_fd != first_free) {
    long placed = tsk_raw(SYS_dup3, birth->helper_fd, first_free, O_CLOEXEC, 0, 0);
    if (placed < 0)
      return placed;
  }
  return tsk_raw(TSK_SYS_close_range, first_free + 1, (long)~0u, 0, 0, 0);
}

/* A new user namespace has no map yet, so the execve below would take the capabilities of a user who is not root in it.
 * Ambient ones survive; the plan's CAPABILITIES clears them again. */
TSK_RAW_CODE static long keep_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  long error = tsk_raw(SYS_capget, (long)&header, (long)data, 0, 0, 0);
  if (error < 0)
    return error;
  data[0].inheritable = data[0].permitted;
  data[1].inheritable = data[1].permitted;
  error = tsk_raw(SYS_capset, (long)&header, (long)data, 0, 0, 0);
  for (long capability = 0; error >= 0 && capability < 64; capability++)
    if ((data[capability / 32].permitted >> (capability % 32) & 1u) != 0)
      error = tsk_raw(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
  return error;
}

/* Signals stay blocked: tsker-init resets the dispositions before it opens the mask. */
TSK_RAW_CODE static void be_born(struct birth *birth) {
  static const char *const argv[] = {"tsker-init", NULL};
  static const char *const envp[] = {TSK_HELPER_LENT "=1", NULL};
  long error = place_descriptors(birth);
  if (error >= 0 && birth->keep_capabilities)
    error = keep_capabilities();
  if (error >= 0)
    error = tsk_raw(SYS_execveat, birth->slots, (long)"", (long)argv, (long)(birth->lent ? envp : envp + 1), AT_EMPTY_PATH);
  birth->error = (int)error;
  tsk_raw(SYS_exit, 127, 0, 0, 0, 0);
}

int tsk_bury(int pidfd, int error) {
  siginfo_t info;
  while (waitid((idtype_t)TSK_P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
    ;
  close(pidfd);
  return error;
}

static struct tsk_clone_args clone_args(const struct tsker_spawn *spawn, int *pidfd) {
  struct tsk_clone_args args = {
      .flags = spawn->clone_flags | CLONE_VM | CLONE_VFORK | TSK_CLONE_PIDFD,
      .pidfd = (uint64_t)(uintptr_t)pidfd,
      .stack = (uint64_t)(uintptr_t)nursery.stack,
      .stack_size = CHILD_STACK,
  };
  if (spawn->cgroup_fd >= 0) {
    args.flags |= TSK_CLONE_INTO_CGROUP;
    args.cgroup = (uint64_t)spawn->cgroup_fd;
  }
  return args;
}

static long clone_blocked(struct tsk_clone_args *args, void (*run)(void *), void *arg) {
  sigset_t all, old;
  long pid;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pid = tsk_clone3(args, run, arg);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return pid;
}

static int clone_child(const struct tsker_spawn *spawn, struct birth *birth, int *pidfd) {
  struct tsk_clone_args args = clone_args(spawn, pidfd);
  return (int)clone_blocked(&args, (void (*)(void *))be_born, birth);
}

/* Runs in the midwife, whose child is the daemon's. */
TSK_RAW_CODE static void deliver(struct delivery *delivery) {
  long error = delivery->pidns_fd < 0 ? 0 : tsk_raw(SYS_setns, delivery->pidns_fd, CLONE_NEWPID, 0, 0, 0);
  if (error >= 0)
    error = tsk_raw(SYS_setns, delivery->userns_fd, CLONE_NEWUSER, 0, 0, 0);
  delivery->pid = error < 0 ? error : tsk_clone3(&delivery->args, (void (*)(void *))be_born, delivery->birth);
  tsk_raw(SYS_exit, 0, 0, 0, 0, 0);
}

/*
 * A midwife: the child is to be born in a user namespace that exists, with namespaces that belong to it, and no thread of
 * ours may enter one. A process of its own may: it has our memory and our descriptors (the pidfd arrives in them), enters,
 * gives birth to a child whose parent is ours (CLONE_PARENT), and is gone when the child has executed the helper.
 */
static int clone_by_midwife(const struct tsker_spawn *spawn, struct birth *birth, int *pidfd) {
  struct delivery delivery = {
      .birth = birth,
      .args = clone_args(spawn, pidfd),
      .userns_fd = spawn->userns_fd,
      .pidns_fd = spawn->pidns_fd,
      .pid = -ECHILD,
  };
  int midwife_fd = -1;
  struct tsk_clone_args args = {
      .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | TSK_CLONE_PIDFD,
      .pidfd = (uint64_t)(uintptr_t)&midwife_fd,
      .stack = (uint64_t)(uintptr_t)nursery.stack + CHILD_STACK,
      .stack_size = CHILD_STACK,
  };
  long midwife;
  delivery.args.flags |= CLONE_PARENT;
  midwife = clone_blocked(&args, (void (*)(void *))deliver, &delivery);
  if (midwife < 0)
    return (int)midwife;
  return tsk_bury(midwife_fd, (int)delivery.pid);
}

/* pid_for_children is the calling thread's: enter, clone, come back. */
static int clone_in_pidns(const struct tsker_spawn *spawn, struct birth *birth, int *pidfd) {
  int pid;
  if (setns(spawn->pidns_fd, CLONE_NEWPID) < 0)
    return -errno;
  pid = clone_child(spawn, birth, pidfd);
  if (setns(tsk_own_pidns(), CLONE_NEWPID) < 0) {
    /* Our own namespace is always allowed; were it not, every later child would land in a stranger's. */
    int error = -errno;
    if (pid > 0) {
      tsker_signal(*pidfd, SIGKILL);
      birth->error = error;
    }
    return pid > 0 ? pid : error;
  }
  return pid;
}

static int clone_as_told(const struct tsker_spawn *spawn, struct birth *birth, int *pidfd) {
  if ((spawn->flags & TSKER_SPAWN_USERNS) != 0)
    return clone_by_midwife(spawn, birth, pidfd);
  if (spawn->pidns_fd >= 0)
    return clone_in_pidns(spawn, birth, pidfd);
  return clone_child(spawn, birth, pidfd);
}

/* The caller waits until the helper is executed: that long the child has its priority. Not one that is born in a cgroup,
 * which may have no time for real-time processes. */
static int clone_soon(const struct tsker_spawn *spawn, struct birth *birth, int *pidfd) {
  int pid;
  birth->lent = spawn->cgroup_fd < 0 && tsk_lend_priority();
  pid = clone_as_told(spawn, birth, pidfd);
  if (birth->lent)
    tsk_keep_priority();
  return pid;
}

int tsk_clone_locked(const struct tsker_spawn *spawn, struct birth *birth, int *pidfd) {
  int pid = -ENOMEM;
  pthread_mutex_lock(&nursery.lock);
  if (nursery.stack == NULL) {
    void *stack = mmap(NULL, 2 * CHILD_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    nursery.stack = stack == MAP_FAILED ? NULL : stack;
  }
  if (nursery.stack != NULL)
    pid = clone_soon(spawn, birth, pidfd);
  pthread_mutex_unlock(&nursery.lock);
  return pid;
}
