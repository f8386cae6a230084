/* SPDX-License-Identifier: Apache-2.0
 *
 * EXEC: the program takes the helper's place, or with TSKER_EXEC_INIT runs as its child.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
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
int tsk_exec_program(const char *program, const char *const *argv, const char *const *envp) {
  const char *at = search_path(envp);
  int remembered = -ENOENT;
  char file[PATH_MAX];
  if (program[0] == '\0')
    return -ENOENT;
  if (strchr(program, '/') != NULL)
    return execute(program, argv, envp);
  for (;;) {
    const size_t size = strcspn(at, ":");
    int error = join(file, at, size, program) ? execute(file, argv, envp) : -ENAMETOOLONG;
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

static int run_child(uint32_t index, const char *program, const char *const *argv, const char *const *envp) {
  sigset_t none;
  int error;
  take_foreground();
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  error = tsk_exec_program(program, argv, envp);
  tsk_report(index, error, 0);
  return error == -ENOENT ? 127 : 126;
}

/* The child inherits the report, which ends when it executes its program; our own copies of the slots go at once. */
static int stay_as_init(const struct tsk_op *op, const char *program, const char *const *argv, const char *const *envp) {
  pid_t child;
  tsk_block_signals();
  child = fork();
  if (child < 0)
    return -errno;
  if (child == 0)
    _exit(run_child(op->index, program, argv, envp));
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

/* Whoever waited for the report has let go of it (a container that was created first and started later): what is left is
 * the program's own output. */
static void complain(const char *program, int error) {
  const struct iovec words[] = {
      {.iov_base = (void *)(uintptr_t)"exec ", .iov_len = 5},
      {.iov_base = (void *)(uintptr_t)program, .iov_len = strlen(program)},
      {.iov_base = (void *)(uintptr_t)": ", .iov_len = 2},
      {.iov_base = strerror(-error), .iov_len = strlen(strerror(-error))},
      {.iov_base = (void *)(uintptr_t)"\n", .iov_len = 1},
  };
  (void)writev(STDERR_FILENO, words, sizeof words / sizeof *words);
  _exit(EXIT_FAILURE);
}

int tsk_do_EXEC(struct tsk_context *context, const struct tsk_op *op) {
  const char **argv = NULL, **envp = NULL, *program;
  bool heard;
  int error = lay_out(op, &argv, &envp);
  if (error < 0)
    return error;
  program = context->program != NULL ? context->program : argv[0];
  umask(context->umask);
  heard = tsk_report(TSKER_REPORT_EXEC, 0, 0) != -EPIPE;
  signal(SIGPIPE, SIG_DFL);
  if ((op->args[2].u & TSKER_EXEC_INIT) != 0)
    return stay_as_init(op, program, argv, envp);
  error = tsk_exec_program(program, argv, envp);
  if (!heard)
    complain(program, error);
  return error;
}

int tsk_do_PROGRAM(struct tsk_context *context, const struct tsk_op *op) {
  context->program = op->args[0].s;
  return 0;
}

/* What execve would say of a file, as far as that can be known before. */
static int may_execute(const char *file) {
  struct stat status;
  int error = tsk_fstatat(AT_FDCWD, file, &status, 0);
  if (error < 0)
    return error;
  return S_ISREG(status.st_mode) ? tsk_check(access(file, X_OK)) : -EACCES;
}

int tsk_do_LOOKUP(struct tsk_context *context, const struct tsk_op *op) {
  const char *name = op->args[0].s, *at = op->args[1].s;
  int remembered = -ENOENT;
  char file[PATH_MAX];
  (void)context;
  if (strchr(name, '/') != NULL)
    return may_execute(name);
  for (;;) {
    const size_t size = strcspn(at, ":");
    int error = join(file, at, size, name) ? may_execute(file) : -ENAMETOOLONG;
    if (error == 0)
      return 0;
    if (error == -EACCES)
      remembered = error;
    if (at[size] == '\0')
      return remembered;
    at += size + 1;
  }
}

/* Ascending, so that no slot is overwritten that is still to be moved: they begin above 3. */
int tsk_do_PASS(struct tsk_context *context, const struct tsk_op *op) {
  const uint64_t first = op->args[0].u, count = op->args[1].u;
  int error;
  (void)context;
  if (first < TSKER_SLOT_FIRST || first > TSKER_SLOT_MAX || count > TSKER_SLOT_MAX - first)
    return -EINVAL;
  error = tsk_lift_report();
  for (uint64_t i = 0; error == 0 && i < count; i++)
    error = tsk_check(dup2((int)(first + i), (int)(TSKER_SLOT_PLAN + i)));
  return error;
}
