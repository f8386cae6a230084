/* SPDX-License-Identifier: Apache-2.0
 *
 * The helper as PID 1 of a container started with --init. It starts no program and restarts none: it forwards signals to
 * the one child, reaps every orphan, and ends as the child ended.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/init.h"

static int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

/* All that can be reaped now; true when the child was among it. */
static bool reap(pid_t child, int *code) {
  bool ended = false;
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0 || (pid < 0 && errno == EINTR))
    if (pid == child) {
      *code = exit_code(status);
      ended = true;
    }
  return ended;
}

/* Job control is the child's and its shell's affair; a fault of ours is not the child's. */
static bool is_forwarded(int number) {
  switch (number) {
  case SIGCHLD:
  case SIGTTIN:
  case SIGTTOU:
  case SIGSEGV:
  case SIGBUS:
  case SIGFPE:
  case SIGILL:
  case SIGTRAP:
  case SIGSYS:
    return false;
  default:
    return true;
  }
}

/* The kernel's own set: musl's calls leave out 32 to 34, and 34 is SIGRTMIN to a program of glibc. */
static const uint64_t all_signals = UINT64_MAX;

void tsk_block_signals(void) { syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all_signals, NULL, sizeof all_signals); }

/* All signals are blocked: each is taken from the queue here. */
int tsk_reap_until(pid_t child) {
  int code = 0;
  while (!reap(child, &code)) {
    int number = (int)syscall(SYS_rt_sigtimedwait, &all_signals, NULL, NULL, sizeof all_signals);
    if (number > 0 && is_forwarded(number))
      kill(child, number);
  }
  return code;
}
