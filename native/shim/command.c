/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the OCI runtime's command line, whose words containerd chose, and answers when it has ended. A command that makes a
 * process gets that one's stdio; the process becomes ours when the runtime ends, since we are the subreaper.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/sys.h"
#include "shim/shim.h"

extern char **environ;

enum { CANNOT_RUN = 126 };

bool shim_has_commands(const struct shim *shim) {
  for (unsigned i = 0; i < SHIM_COMMANDS; i++)
    if (shim->commands[i].pid != 0)
      return true;
  return false;
}

static int open_stream(const char *path, int flags, int fallback) {
  return path == NULL || path[0] == '-' ? fallback : open(path, flags | O_CLOEXEC);
}

/* In the child, in our memory: streams into place, signals as they come, the runtime with its words and ours. */
static _Noreturn void execute(const struct shim *shim, const struct shim_run *run) {
  static const char *argv[2 * SHIM_WORDS + 1];
  const uint64_t none = 0;
  unsigned count = 0;
  const int log = run->log[0] == '-' ? shim->null : open(run->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int in = open_stream(run->in, O_RDONLY, shim->null);
  const int out = open_stream(run->out, O_WRONLY, log);
  const int err = open_stream(run->err, O_WRONLY, log);
  if (in < 0 || out < 0 || err < 0 || log < 0)
    _exit(CANNOT_RUN);
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  for (; shim->runtime[count] != NULL && count < SHIM_WORDS; count++)
    argv[count] = shim->runtime[count];
  for (unsigned i = 0; run->words[i] != NULL; i++)
    argv[count++] = run->words[i];
  argv[count] = NULL;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
  execve(argv[0], (char *const *)(uintptr_t)argv, environ);
  _exit(CANNOT_RUN);
}

/* Without a copy of us: whoever waits for the start of a container waits for nothing else of ours until the runtime is there. */
static pid_t start(const struct shim *shim, const struct shim_run *run) {
  const pid_t pid = vfork();
  if (pid == 0)
    execute(shim, run);
  return pid;
}

int shim_run(struct shim *shim, struct shim_client *client, const char *sequence, const struct shim_run *run) {
  struct shim_command *command = shim->commands;
  while (command < shim->commands + SHIM_COMMANDS && command->pid != 0)
    command++;
  if (command == shim->commands + SHIM_COMMANDS)
    return -EAGAIN;
  const pid_t pid = start(shim, run);
  if (pid < 0)
    return -errno;
  command->pid = pid;
  command->client = (uint32_t)(client - shim->clients);
  command->serial = client->serial;
  command->process = run->process;
  strcpy(command->sequence, sequence);
  snprintf(command->pid_file, sizeof command->pid_file, "%s", run->pid_file == NULL ? "" : run->pid_file);
  return 0;
}

static pid_t read_pid(const char *path) {
  char text[24];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  text[size > 0 ? size : 0] = '\0';
  const long pid = strtol(text, NULL, 10);
  return pid > 1 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

/* The process is there; the answer goes before the news of its end. */
static void settle(struct shim *shim, struct shim_command *command, struct shim_client *client) {
  struct shim_process *process = command->process;
  const pid_t pid = read_pid(command->pid_file);
  int error = pid == 0 ? -ESRCH : 0;
  if (error == 0 && process->console >= 0)
    error = shim_take_master(process);
  if (error < 0) {
    if (pid != 0)
      kill(pid, SIGKILL);
    shim_answer(shim, client, "%s error %d", command->sequence, -error);
    shim_forget(process);
    return;
  }
  if (strcmp(process->name, "init") == 0)
    shim->begun = true;
  shim_answer(shim, client, "%s started %d", command->sequence, (int)pid);
  shim_settle(shim, process, pid);
}

bool shim_command_ended(struct shim *shim, pid_t pid, int code) {
  for (unsigned i = 0; i < SHIM_COMMANDS; i++) {
    struct shim_command *command = &shim->commands[i];
    if (command->pid != pid)
      continue;
    struct shim_client *client = &shim->clients[command->client];
    if (client->serial != command->serial)
      client = NULL;
    if (command->process != NULL && code == 0) {
      settle(shim, command, client);
    } else {
      if (command->process != NULL)
        shim_forget(command->process);
      shim_answer(shim, client, "%s done %d", command->sequence, code);
    }
    command->pid = 0;
    return true;
  }
  return false;
}
