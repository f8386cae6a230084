/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the shim share: its processes, the runtime commands that run for it, and who is connected.
 * main.c waits, control.c understands lines, command.c runs the OCI runtime, process.c keeps stdio and exit codes,
 * terminal.c copies a terminal.
 */
#ifndef TSK_SHIM_H
#define TSK_SHIM_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
  SHIM_PROCESSES = 128, /* the container's first one and the execs that run or were not asked about yet */
  SHIM_COMMANDS = 32,   /* runtime commands at once */
  SHIM_CLIENTS = 4,
  SHIM_LINE = 4096,
  SHIM_WORDS = 64,
  SHIM_NAME = 65,
  SHIM_SEQUENCE = 21,
  SHIM_CHUNK = 4096, /* PIPE_BUF: a FIFO that polls writable takes so much without waiting */
};

#define SHIM_RUNNING (-1)

/* A process whose stdio the shim keeps. Descriptors are -1 when there is none. */
struct shim_process {
  char name[SHIM_NAME]; /* "": the entry is free */
  pid_t pid;            /* 0 until the runtime has made it */
  int status;           /* SHIM_RUNNING, then the exit code, 128 + a signal's number */
  bool told;            /* its end has been told */
  bool drained;         /* nobody reads what it writes: we do, and throw it away */
  int64_t deadline;     /* milliseconds: its end is told then, drained or not; 0: not ended */
  int in_write;         /* keeps its stdin from ending */
  int out_read, out_write, err_read, err_write; /* keep its output from breaking and from ending */
  int console;          /* listens for the master */
  int master;
  int in_read;          /* with a terminal: what is copied to the master */
  uint16_t pending, pending_at; /* of its input, in shim.inputs */
};

/* Somebody who is connected; `serial` tells a connection from a later one in the same place. */
struct shim_client {
  int fd;
  uint32_t serial;
  uint32_t size; /* of what has come of its line, in shim.lines */
};

/* A runtime command under way. */
struct shim_command {
  pid_t pid; /* 0: the entry is free */
  uint32_t client, serial;
  char sequence[SHIM_SEQUENCE];
  struct shim_process *process; /* what it makes, or NULL */
  char pid_file[SHIM_NAME + 16];
};

/* An end whose process is not known yet: the runtime that made it has not ended. */
struct shim_orphan {
  pid_t pid;
  int status;
};

struct shim {
  char *const *runtime; /* its words, NULL at the end */
  int null;
  int listener;
  int signals;
  uint32_t serials;
  bool begun; /* there was a container */
  bool over;
  struct shim_client clients[SHIM_CLIENTS];
  struct shim_command commands[SHIM_COMMANDS];
  struct shim_process processes[SHIM_PROCESSES];
  struct shim_orphan orphans[SHIM_PROCESSES];
  uint32_t orphan_at;
  /* Large and mostly untouched: behind what is looked at in every turn, which is a page or a few. A fault costs as much as a call. */
  char lines[SHIM_CLIENTS][SHIM_LINE];
  char inputs[SHIM_PROCESSES][SHIM_CHUNK];
};

/* process.c */
struct shim_process *shim_find(struct shim *shim, const char *name);
struct shim_process *shim_add(struct shim *shim, const char *name);
/* Opens what keeps the streams open; "-" is no stream. 0 or a negative errno. */
int shim_keep(struct shim_process *process, const char *in, const char *out, const char *err);
void shim_forget(struct shim_process *process);
void shim_close_input(struct shim_process *process);
/* Of one that is drained: what to wait for, at most two entries, and reading it. */
int shim_drain_polls(const struct shim_process *process, struct pollfd *polls);
void shim_drain(struct shim_process *process);
void shim_reap(struct shim *shim);
/* The pid is known: its end may have come before. */
void shim_settle(struct shim *shim, struct shim_process *process, pid_t pid);
/* Its output is out, or has had its time: closes what kept it open and tells the end. */
void shim_conclude(struct shim *shim, struct shim_process *process);
void shim_close(int *fd);
int64_t shim_now(void);

/* terminal.c */
int shim_listen_console(struct shim_process *process, const char *path);
int shim_take_master(struct shim_process *process);
int shim_resize(struct shim_process *process, unsigned rows, unsigned columns);
/* What to wait for; the number of entries used, at most two. */
int shim_terminal_polls(const struct shim_process *process, struct pollfd *polls);
void shim_terminal_copy(struct shim *shim, struct shim_process *process);

/* command.c */
/* Runs the runtime with these words; NULL streams are /dev/null, output goes to `log`. 0 or a negative errno. */
struct shim_run {
  char *const *words;
  const char *log;
  struct shim_process *process;
  const char *in, *out, *err; /* paths, with a process that has no terminal */
  const char *pid_file;
};
int shim_run(struct shim *shim, struct shim_client *client, const char *sequence, const struct shim_run *run);
/* True when the pid was a command's. */
bool shim_command_ended(struct shim *shim, pid_t pid, int code);
bool shim_has_commands(const struct shim *shim);

/* init.c */
int shim_be_init(char *const *argv);

/* control.c */
int shim_listen(const char *path);
void shim_accept(struct shim *shim);
void shim_add_client(struct shim *shim, int fd);
void shim_receive(struct shim *shim, struct shim_client *client);
__attribute__((format(printf, 3, 4))) void shim_answer(struct shim *shim, struct shim_client *client, const char *format, ...);
__attribute__((format(printf, 2, 3))) void shim_tell(struct shim *shim, const char *format, ...);
bool shim_has_clients(const struct shim *shim);

#endif
