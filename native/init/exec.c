/* SPDX-License-Identifier: Apache-2.0
 *
 * EXEC: the program takes the helper's place, or with TSKER_EXEC_INIT runs as its child.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/sys.h"
#include "init/init.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *search_path(const char *const *envp) {
  for (; *envp != NULL; envp++)
    if (strncmp(*envp, "PATH=", 5) == 0)
      return *envp + 5;
  return DEFAULT_PATH;
}

static int execute(const char *file, const char *const *argv, const char *const *envp) {
  execve(file, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)envp);
  return -errno;
}

/* "<directory>/<name>"; an empty element of PATH is the working directory. False when it is too long to exist. */
static bool join(char out[PATH_MAX], const char *directory, size_t size, const char *name) {
  const size_t length = strlen(name);
  if (size + 1 + length + 1 > PATH_MAX)
    return false;
  memcpy(out, directory, size);
  if (size > 0)
    out[size++] = '/';
  memcpy(out + size, name, length + 1);
  return true;
}

/* As execvpe searches: what is not there is passed over, what may not be executed is remembered. A file of the wrong
 * format is an error (ENOEXEC), not a shell script. */
int tsk_exec_program(const char *const *argv, const char *const *envp) {
  const char *at = search_path(envp);
  int remembered = -ENOENT;
  char file[PATH_MAX];
  if (argv[0][0] == '\0')
    return -ENOENT;
  if (strchr(argv[0], '/') != NULL)
    return execute(argv[0], argv, envp);
  for (;;) {
    const size_t size = strcspn(at, ":");
    int error = join(file, at, size, argv[0]) ? execute(file, argv, envp) : -ENAMETOOLONG;
    if (error == -EACCES)
      remembered = error;
    else if (error != -ENOENT && error != -ENOTDIR && error != -ENAMETOOLONG)
      return error;
    if (at[size] == '\0')
      return remembered;
    at += size + 1;
  }
}

/* The foreground of the terminal is the program's, or its first read would stop it. Without a terminal this fails
 * and does not matter. SIGTTOU is blocked here, or we would stop ourselves. */
static void take_foreground(void) {
  setpgid(0, 0);
  tcsetpgrp(0, getpid());
}

static int run_child(uint32_t index, const char *const *argv, const char *const *envp) {
  sigset_t none;
  int error;
  take_foreground();
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  error = tsk_exec_program(argv, envp);
  tsk_report(index, error, 0);
  return error == -ENOENT ? 127 : 126;
}

/* The child inherits the report, which ends when it executes its program; our own copies of the slots go at once. */
static int stay_as_init(const struct tsk_op *op, const char *const *argv, const char *const *envp) {
  pid_t child;
  tsk_block_signals();
  child = fork();
  if (child < 0)
    return -errno;
  if (child == 0)
    _exit(run_child(op->index, argv, envp));
  if (tsk_close_range(3, ~0u, 0) < 0)
    for (int fd = 3; fd < 2 * TSKER_SLOT_MAX; fd++)
      close(fd);
  _exit(tsk_reap_until(child));
}

/* Both vectors in one mapping: there is no heap to speak of, and exec or exit frees it. */
static int lay_out(const struct tsk_op *op, const char ***argv, const char ***envp) {
  const size_t count = (size_t)op->args[0].size + 1 + op->args[1].size + 1;
  const char **pointers = mmap(NULL, count * sizeof *pointers, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pointers == MAP_FAILED)
    return -errno;
  *argv = pointers;
  *envp = pointers + op->args[0].size + 1;
  tsk_vector(&op->args[0], *argv);
  tsk_vector(&op->args[1], *envp);
  return 0;
}

int tsk_do_EXEC(struct tsk_context *context, const struct tsk_op *op) {
  const char **argv = NULL, **envp = NULL;
  int error = lay_out(op, &argv, &envp);
  if (error < 0)
    return error;
  umask(context->umask);
  tsk_report(TSKER_REPORT_EXEC, 0, 0);
  if ((op->args[2].u & TSKER_EXEC_INIT) != 0)
    return stay_as_init(op, argv, envp);
  return tsk_exec_program(argv, envp);
}
