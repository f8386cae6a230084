/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker-shim -id ID -- RUNTIME [WORD...]: the parent of one container in the split architecture, and of its execs. It exists so
 * that daemon and containerd may end, crash or be replaced while the container goes on: it holds the container's stdio,
 * reaps its processes (PR_SET_CHILD_SUBREAPER) and knows how they ended. It runs the OCI runtime's command line; it makes no
 * decision. It begins in the container's directory, with the socket of whoever started it as descriptor 0; others find
 * it at shim.sock. It ends when it is told to, or when nobody is connected and there never was a container.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/shim.h"

enum { USAGE = 2, BROKEN = 1, FIXED = 2 };

static int watch_children(void) {
  /* The kernel's own set (8 bytes): all but SIGCHLD may end us. */
  const uint64_t children = UINT64_C(1) << (SIGCHLD - 1);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &children, NULL, sizeof children);
  return (int)syscall(SYS_signalfd4, -1, &children, sizeof children, O_CLOEXEC | O_NONBLOCK);
}

static void read_signals(struct shim *shim) {
  struct signalfd_siginfo signals[8];
  while (read(shim->signals, signals, sizeof signals) > 0)
    ;
  shim_reap(shim);
}

/* Milliseconds to the first end that is to be told though its output is not out; -1: there is none. */
static int patience(const struct shim *shim) {
  int64_t first = -1;
  for (unsigned i = 0; i < SHIM_PROCESSES; i++) {
    const struct shim_process *process = &shim->processes[i];
    if (process->name[0] == '\0' || process->told || process->status == SHIM_RUNNING)
      continue;
    const int64_t rest = process->deadline - shim_now();
    if (first < 0 || rest < first)
      first = rest < 0 ? 0 : rest;
  }
  return (int)first;
}

static void tend_terminals(struct shim *shim) {
  for (unsigned i = 0; i < SHIM_PROCESSES; i++) {
    struct shim_process *process = &shim->processes[i];
    if (process->name[0] == '\0')
      continue;
    shim_terminal_copy(shim, process);
    shim_drain(process);
    if (process->status != SHIM_RUNNING && !process->told && shim_now() >= process->deadline)
      shim_conclude(shim, process);
  }
}

static void turn(struct shim *shim) {
  static struct pollfd polls[FIXED + SHIM_CLIENTS + 4 * SHIM_PROCESSES];
  nfds_t count = FIXED + SHIM_CLIENTS;
  polls[0] = (struct pollfd){.fd = shim->signals, .events = POLLIN};
  polls[1] = (struct pollfd){.fd = shim->listener, .events = POLLIN};
  for (unsigned i = 0; i < SHIM_CLIENTS; i++)
    polls[FIXED + i] = (struct pollfd){.fd = shim->clients[i].fd, .events = POLLIN};
  for (unsigned i = 0; i < SHIM_PROCESSES; i++)
    if (shim->processes[i].name[0] != '\0') {
      count += (nfds_t)shim_terminal_polls(&shim->processes[i], polls + count);
      count += (nfds_t)shim_drain_polls(&shim->processes[i], polls + count);
    }
  if (poll(polls, count, patience(shim)) < 0 && errno != EINTR)
    return;
  if (polls[0].revents != 0)
    read_signals(shim);
  for (unsigned i = 0; i < SHIM_CLIENTS; i++)
    if (polls[FIXED + i].revents != 0 && shim->clients[i].fd == polls[FIXED + i].fd)
      shim_receive(shim, &shim->clients[i]);
  if (polls[1].revents != 0)
    shim_accept(shim);
  tend_terminals(shim);
}

/* Whoever started us is gone before there was a container: nobody will come. */
static bool is_deserted(const struct shim *shim) {
  return !shim->begun && !shim_has_clients(shim) && !shim_has_commands(shim);
}

int main(int argc, char **argv) {
  static struct shim shim;
  if (argc > 3 && strcmp(argv[1], "-init") == 0)
    return shim_be_init(argv + 3);
  if (argc < 5 || strcmp(argv[1], "-id") != 0 || strcmp(argv[3], "--") != 0)
    return USAGE;
  shim.runtime = argv + 4;
  for (unsigned i = 0; i < SHIM_CLIENTS; i++)
    shim.clients[i].fd = -1;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
    return BROKEN;
  shim.null = open("/dev/null", O_RDWR | O_CLOEXEC);
  shim.signals = watch_children();
  shim.listener = shim_listen("shim.sock");
  if (shim.null < 0 || shim.signals < 0 || shim.listener < 0)
    return BROKEN;
  shim_add_client(&shim, fcntl(0, F_DUPFD_CLOEXEC, 3));
  dup2(shim.null, 0);
  while (!shim.over && !is_deserted(&shim))
    turn(&shim);
  unlink("shim.sock");
  return 0;
}
