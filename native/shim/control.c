/* SPDX-License-Identifier: Apache-2.0
 *
 * What containerd says, a line a request: a number, a verb, words; and what it is answered, with the same number first. News
 * has an exclamation mark in its place. native/shim/README.md has all of it. Only root can connect: who may write to the socket.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "shim/shim.h"

int shim_listen(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  unlink(path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  /* Others can go through the directory, to what is mounted in it. */
  const mode_t mask = umask(0177);
  const int bound = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  if (bound < 0 || listen(fd, SHIM_CLIENTS) < 0) {
    const int error = -errno;
    close(fd);
    return error;
  }
  return fd;
}

static void drop(struct shim_client *client) {
  shim_close(&client->fd);
  client->serial = 0;
}

void shim_accept(struct shim *shim) {
  const int fd = accept4(shim->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0)
    shim_add_client(shim, fd);
}

/* Taken over. */
void shim_add_client(struct shim *shim, int fd) {
  for (unsigned i = 0; i < SHIM_CLIENTS; i++) {
    struct shim_client *client = &shim->clients[i];
    if (client->fd >= 0)
      continue;
    client->fd = fd;
    client->serial = ++shim->serials;
    client->size = 0;
    return;
  }
  close(fd);
}

bool shim_has_clients(const struct shim *shim) {
  for (unsigned i = 0; i < SHIM_CLIENTS; i++)
    if (shim->clients[i].fd >= 0)
      return true;
  return false;
}

/* Who does not read is not waited for: they can ask again. */
static void say(struct shim_client *client, const char *format, va_list arguments) {
  char line[SHIM_NAME + 128];
  int size;
  if (client == NULL || client->fd < 0)
    return;
  size = vsnprintf(line, sizeof line - 1, format, arguments);
  if (size < 0 || (size_t)size >= sizeof line - 1)
    return;
  line[size++] = '\n';
  if (send(client->fd, line, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL) != size)
    drop(client);
}

void shim_answer(struct shim *shim, struct shim_client *client, const char *format, ...) {
  va_list arguments;
  (void)shim;
  va_start(arguments, format);
  say(client, format, arguments);
  va_end(arguments);
}

void shim_tell(struct shim *shim, const char *format, ...) {
  va_list arguments;
  for (unsigned i = 0; i < SHIM_CLIENTS; i++) {
    va_start(arguments, format);
    say(&shim->clients[i], format, arguments);
    va_end(arguments);
  }
}

struct request {
  struct shim *shim;
  struct shim_client *client;
  char **words; /* sequence, verb, arguments; NULL at the end */
  unsigned count;
};

static bool is_name(const char *text) {
  const size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789");
  return size > 0 && size < SHIM_NAME && text[size] == '\0';
}

/* run LOG WORD... */
static int run(struct request *request) {
  const struct shim_run run = {.words = request->words + 3, .log = request->words[2]};
  return shim_run(request->shim, request->client, request->words[0], &run);
}

/* process NAME terminal|pipes IN OUT ERR PID-FILE LOG WORD... */
static int process(struct request *request) {
  char **words = request->words;
  struct shim_process *process;
  int error;
  const bool terminal = strcmp(words[3], "terminal") == 0;
  if (!is_name(words[2]) || (!terminal && strcmp(words[3], "pipes") != 0) || strlen(words[7]) >= SHIM_NAME + 16)
    return -EINVAL;
  if (shim_find(request->shim, words[2]) != NULL)
    return -EEXIST;
  process = shim_add(request->shim, words[2]);
  if (process == NULL)
    return -EAGAIN;
  struct shim_run run = {.words = words + 9, .log = words[8], .process = process, .pid_file = words[7]};
  error = shim_keep(process, words[4], words[5], words[6]);
  if (terminal && error == 0) {
    char path[SHIM_NAME + 8];
    snprintf(path, sizeof path, "%s.pty", process->name);
    error = shim_listen_console(process, path);
  } else {
    run.in = words[4];
    run.out = words[5];
    run.err = words[6];
  }
  unlink(run.pid_file);
  if (error == 0)
    error = shim_run(request->shim, request->client, words[0], &run);
  if (error < 0)
    shim_forget(process);
  return error;
}

/* resize NAME ROWS COLUMNS */
static int resize(struct request *request) {
  struct shim_process *process = shim_find(request->shim, request->words[2]);
  if (process == NULL)
    return -ESRCH;
  return shim_resize(process, (unsigned)strtoul(request->words[3], NULL, 10), (unsigned)strtoul(request->words[4], NULL, 10));
}

/* signal NAME NUMBER: execs have no command of the runtime for it. Ours to reap, so that the pid is theirs. */
static int send_signal(struct request *request) {
  const struct shim_process *process = shim_find(request->shim, request->words[2]);
  if (process == NULL || process->pid == 0 || process->status != SHIM_RUNNING)
    return -ESRCH;
  return kill(process->pid, (int)strtol(request->words[3], NULL, 10)) < 0 ? -errno : 0;
}

/* close NAME: its input is to end */
static int close_input(struct request *request) {
  struct shim_process *process = shim_find(request->shim, request->words[2]);
  if (process == NULL)
    return -ESRCH;
  shim_close_input(process);
  return 0;
}

/* drain NAME: of what it wrote before as well */
static int drain(struct request *request) {
  struct shim_process *process = shim_find(request->shim, request->words[2]);
  if (process == NULL)
    return -ESRCH;
  process->drained = true;
  return 0;
}

/* forget NAME: its end has been heard of */
static int forget(struct request *request) {
  struct shim_process *process = shim_find(request->shim, request->words[2]);
  if (process == NULL || process->status == SHIM_RUNNING)
    return process == NULL ? -ESRCH : -EBUSY;
  shim_forget(process);
  return 0;
}

/* state: a line a process, then the answer */
static int state(struct request *request) {
  for (unsigned i = 0; i < SHIM_PROCESSES; i++) {
    const struct shim_process *process = &request->shim->processes[i];
    if (process->name[0] != '\0' && process->pid != 0)
      shim_answer(request->shim, request->client, "! process %s %d %d", process->name, (int)process->pid,
                  process->told ? process->status : SHIM_RUNNING);
  }
  return 0;
}

static int quit(struct request *request) {
  request->shim->over = true;
  return 0;
}

static const struct {
  const char *verb;
  unsigned words; /* at least */
  bool waits;     /* the answer comes when the runtime has ended */
  int (*function)(struct request *);
} verbs[] = {
    {"run", 4, true, run},          {"process", 10, true, process},   {"resize", 5, false, resize},
    {"signal", 4, false, send_signal}, {"close", 3, false, close_input}, {"forget", 3, false, forget},
    {"drain", 3, false, drain},     {"state", 2, false, state},       {"quit", 2, false, quit},
};

static void perform(struct request *request) {
  if (request->count < 2 || strlen(request->words[0]) >= SHIM_SEQUENCE)
    return;
  for (unsigned i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(verbs[i].verb, request->words[1]) != 0)
      continue;
    const int error = request->count < verbs[i].words ? -EINVAL : verbs[i].function(request);
    if (error < 0)
      shim_answer(request->shim, request->client, "%s error %d", request->words[0], -error);
    else if (!verbs[i].waits)
      shim_answer(request->shim, request->client, "%s ok", request->words[0]);
    return;
  }
  shim_answer(request->shim, request->client, "%s error %d", request->words[0], ENOSYS);
}

static void understand(struct shim *shim, struct shim_client *client, char *line) {
  char *words[SHIM_WORDS + 1];
  struct request request = {.shim = shim, .client = client, .words = words};
  for (char *word = strtok(line, " "); word != NULL && request.count < SHIM_WORDS; word = strtok(NULL, " "))
    words[request.count++] = word;
  words[request.count] = NULL;
  perform(&request);
}

void shim_receive(struct shim *shim, struct shim_client *client) {
  char *const line = shim->lines[client - shim->clients];
  const ssize_t size = recv(client->fd, line + client->size, SHIM_LINE - client->size, MSG_DONTWAIT);
  if (size <= 0) {
    if (size == 0 || (errno != EAGAIN && errno != EINTR))
      drop(client);
    return;
  }
  client->size += (uint32_t)size;
  for (;;) {
    char *end = memchr(line, '\n', client->size);
    if (end == NULL)
      break;
    *end = '\0';
    understand(shim, client, line);
    if (client->fd < 0)
      return;
    client->size -= (uint32_t)(end + 1 - line);
    memmove(line, end + 1, client->size);
  }
  if (client->size == SHIM_LINE)
    drop(client);
}
