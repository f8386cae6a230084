/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker-shim -init -- PROGRAM [ARG...]: process 1 of a container started with --init by a runtime that has none of its own. It
 * is bound into the container and not the host's child: it runs the program, forwards signals, reaps, and ends as that ended.
 */
#include "init/init.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/shim.h"

/* The foreground of the terminal is the program's; SIGTTOU is still blocked. */
static int run(char *const *argv) {
  const uint64_t none = 0;
  setpgid(0, 0);
  tcsetpgrp(0, getpid());
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
  execvp(argv[0], argv);
  const int error = errno;
  dprintf(2, "exec: \"%s\": %s\n", argv[0], strerror(error));
  return error == ENOENT ? 127 : 126;
}

int shim_be_init(char *const *argv) {
  tsk_block_signals();
  const pid_t child = fork();
  if (child < 0)
    return 126;
  if (child == 0)
    _exit(run(argv));
  return tsk_reap_until(child);
}
