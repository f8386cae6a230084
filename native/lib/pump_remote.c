/* SPDX-License-Identifier: Apache-2.0
 *
 * A syslog server as a sink: lines with a header, over a connection that JavaScript makes and makes again. While there is
 * none, what is above the limit is dropped. A record ends with a newline and has no other, so that one that was cut off with
 * its connection is found and sent again, and datagrams are told apart.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/pump.h"

enum {
  HEADER_MAX = 4 << 10,
  LENGTH_MAX = 12, /* "16500 " of RFC 6587 */
  PATIENCE = 1000, /* milliseconds between looks at whether anybody still wants it */
  DATAGRAMS = 64,  /* in one system call */
};

struct remote_sink {
  struct tsk_sink sink;
  struct tsker_remote options;
  char *before; /* of the time */
  char *after;

  /* The pump thread's: the header of this chunk's records. */
  char *header;
  size_t header_size;

  /* Under the sink's lock; a writer works with the descriptor it has seen. */
  int fd;       /* -1: not connected */
  int next_fd;  /* of another connection, when `change` */
  bool change;  /* made while a writer was at work, which will see to it */
};

static const struct sink_type remote_type;

/* ---- the pump thread: records ---- */

static void style(struct tsk_sink *sink, uint32_t stream, const struct timespec *time) {
  struct remote_sink *remote = (struct remote_sink *)sink;
  uint32_t priority = stream == TSKER_TEE_STDERR ? remote->options.stderr_priority : remote->options.stdout_priority;
  char now[TSK_SYSLOG_TIME];
  size_t size = tsk_syslog_time(now, remote->options.time, time);
  remote->header_size = (size_t)snprintf(remote->header, HEADER_MAX, "<%u>%s%.*s%s", priority, remote->before, (int)size, now,
                                         remote->after);
}

/* Nothing is sent for an empty line, as Docker does. */
static void put(struct tsk_sink *sink, const uint8_t *text, size_t size, bool ended) {
  struct remote_sink *remote = (struct remote_sink *)sink;
  size_t record = remote->header_size + size + 1;
  uint8_t *room, *end;
  (void)ended;
  if (size == 0 || (room = end = tsk_sink_room(sink, LENGTH_MAX + record, size)) == NULL)
    return;
  if ((remote->options.flags & TSKER_REMOTE_COUNTED) != 0)
    end += snprintf((char *)end, LENGTH_MAX, "%zu ", record);
  memcpy(end, remote->header, remote->header_size);
  memcpy(end + remote->header_size, text, size);
  end += record;
  end[-1] = '\n';
  tsk_sink_add(sink, (size_t)(end - room));
}

/* ---- a writer thread ---- */

static bool is_given_up(struct remote_sink *remote) {
  bool given_up;
  pthread_mutex_lock(&remote->sink.lock);
  given_up = remote->change || remote->sink.closing;
  pthread_mutex_unlock(&remote->sink.lock);
  return given_up;
}

/* Until the peer takes more. 0, or -ECANCELED when this connection is not wanted any more. */
static int wait_for_room(struct remote_sink *remote, int fd) {
  struct pollfd room = {.fd = fd, .events = POLLOUT};
  int count;
  do {
    if (is_given_up(remote))
      return -ECANCELED;
    count = poll(&room, 1, PATIENCE);
  } while (count == 0 || (count < 0 && errno == EINTR));
  return 0;
}

static int send_stream(struct remote_sink *remote, int fd, struct sink_buffer *buffer) {
  while (buffer->at < buffer->size) {
    ssize_t n = send(fd, buffer->data + buffer->at, buffer->size - buffer->at, MSG_NOSIGNAL | MSG_DONTWAIT);
    int error = n < 0 ? errno : 0;
    if (n >= 0)
      buffer->at += (size_t)n;
    else if (error == EAGAIN && (error = -wait_for_room(remote, fd)) != 0)
      return -error;
    else if (error != 0 && error != EINTR)
      return -error;
  }
  return 0;
}

/* As many records as one call takes. Returns their number. */
static unsigned cut_datagrams(const struct sink_buffer *buffer, struct mmsghdr *messages, struct iovec *parts) {
  size_t at = buffer->at;
  unsigned count = 0;
  while (at < buffer->size && count < DATAGRAMS) {
    uint8_t *start = (uint8_t *)(uintptr_t)(buffer->data + at);
    const uint8_t *newline = memchr(start, '\n', buffer->size - at);
    parts[count] = (struct iovec){start, newline == NULL ? buffer->size - at : (size_t)(newline - start) + 1};
    messages[count] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[count], .msg_iovlen = 1}};
    at += parts[count++].iov_len;
  }
  return count;
}

/* A port that nobody listens on is told with the datagram after (ECONNREFUSED): UDP loses what it loses. One that is too
 * large for the path goes nowhere either. */
static bool is_loss(const struct remote_sink *remote, int error) {
  return error == EMSGSIZE || (error == ECONNREFUSED && (remote->options.flags & TSKER_REMOTE_LOSSY) != 0);
}

static int send_datagrams(struct remote_sink *remote, int fd, struct sink_buffer *buffer) {
  struct mmsghdr messages[DATAGRAMS];
  struct iovec parts[DATAGRAMS];
  while (buffer->at < buffer->size) {
    unsigned count = cut_datagrams(buffer, messages, parts);
    int sent = sendmmsg(fd, messages, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    int error = sent < 0 ? errno : 0;
    if (is_loss(remote, error)) {
      buffer->at += parts[0].iov_len;
      pthread_mutex_lock(&remote->sink.lock);
      tsk_sink_lose(&remote->sink, 1, error);
      pthread_mutex_unlock(&remote->sink.lock);
      continue;
    }
    for (int i = 0; i < sent; i++)
      buffer->at += parts[i].iov_len;
    if (error == EAGAIN || error == ENOBUFS)
      error = -wait_for_room(remote, fd);
    if (error != 0 && error != EINTR)
      return -error;
  }
  return 0;
}

static bool takes_datagrams(int fd) {
  int type = SOCK_STREAM;
  socklen_t size = sizeof type;
  getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
  return type == SOCK_DGRAM;
}

/* The record that the old connection broke off in is sent from its beginning. */
static void rewind_to_record(struct sink_buffer *buffer) {
  const uint8_t *last = buffer->at == 0 ? NULL : memrchr(buffer->data, '\n', buffer->at);
  buffer->at = last == NULL ? 0 : (size_t)(last - buffer->data) + 1;
}

/* The connection is gone, or another one is there. Under the lock. */
static void turn(struct remote_sink *remote, int error) {
  bool was_told = remote->change || remote->sink.closing;
  close(remote->fd);
  remote->fd = remote->change ? remote->next_fd : -1;
  remote->next_fd = -1;
  remote->change = false;
  if (!was_told)
    tsk_sink_tell(&remote->sink, error);
}

static bool write_buffer(struct tsk_sink *sink, struct sink_buffer *buffer) {
  struct remote_sink *remote = (struct remote_sink *)sink;
  int fd, error;
  pthread_mutex_lock(&sink->lock);
  if (remote->change)
    turn(remote, 0);
  fd = remote->fd;
  pthread_mutex_unlock(&sink->lock);
  if (fd < 0)
    return false;
  error = takes_datagrams(fd) ? send_datagrams(remote, fd, buffer) : send_stream(remote, fd, buffer);
  if (error == 0)
    return true;
  rewind_to_record(buffer);
  pthread_mutex_lock(&sink->lock);
  turn(remote, -error);
  pthread_mutex_unlock(&sink->lock);
  return false;
}

static bool is_connected(const struct tsk_sink *sink) {
  const struct remote_sink *remote = (const struct remote_sink *)sink;
  return (remote->change ? remote->next_fd : remote->fd) >= 0;
}

/* Wakes a writer that waits for a peer; a peer of datagrams is looked at every second. */
static void cancel(struct tsk_sink *sink) {
  const struct remote_sink *remote = (const struct remote_sink *)sink;
  if (remote->fd >= 0)
    shutdown(remote->fd, SHUT_RDWR);
}

/* ---- life ---- */

static void destroy(struct tsk_sink *sink) {
  struct remote_sink *remote = (struct remote_sink *)sink;
  if (remote->fd >= 0)
    close(remote->fd);
  if (remote->next_fd >= 0)
    close(remote->next_fd);
  free(remote->before);
  free(remote->after);
  free(remote->header);
  free(remote);
}

static const struct sink_type remote_type = {
    .style = style,
    .put = put,
    .write = write_buffer,
    .ready = is_connected,
    .cancel = cancel,
    .destroy = destroy,
};

static int32_t check_options(const uint8_t *bytes, uint32_t size, const char *before, const char *after,
                             struct tsker_remote *options) {
  const uint32_t known = TSKER_REMOTE_COUNTED | TSKER_REMOTE_NONBLOCK | TSKER_REMOTE_LOSSY;
  if (size != sizeof *options)
    return -EINVAL;
  memcpy(options, bytes, sizeof *options);
  if ((options->flags & ~known) != 0 || options->time > TSKER_TIME_MICRO)
    return -EINVAL;
  if (strchr(before, '\n') != NULL || strchr(after, '\n') != NULL)
    return -EINVAL; /* it would end the record */
  return strlen(before) + strlen(after) + TSK_SYSLOG_TIME + LENGTH_MAX > HEADER_MAX ? -E2BIG : 0;
}

int32_t tsker_remote_open(uint64_t id, const uint8_t *options, uint32_t options_size, const char *before, const char *after) {
  struct tsker_remote checked;
  struct remote_sink *remote;
  int32_t error = check_options(options, options_size, before, after, &checked);
  if (error < 0)
    return error;
  if ((remote = calloc(1, sizeof *remote)) == NULL)
    return -ENOMEM;
  tsk_sink_init(&remote->sink, &remote_type, id);
  remote->options = checked;
  remote->fd = remote->next_fd = -1;
  remote->sink.lossy = (checked.flags & TSKER_REMOTE_NONBLOCK) != 0;
  if (checked.buffer != 0)
    remote->sink.limit = checked.buffer;
  remote->before = strdup(before);
  remote->after = strdup(after);
  remote->header = malloc(HEADER_MAX);
  if (remote->before == NULL || remote->after == NULL || remote->header == NULL)
    error = -ENOMEM;
  if (error < 0 || (error = tsk_sink_register(&remote->sink)) < 0)
    tsk_sink_release(&remote->sink);
  return error;
}

/* Under the lock. A writer keeps the descriptor it works with; it is shut down, so that the writer comes back at once. */
static void connect_to(struct remote_sink *remote, int fd) {
  if (remote->sink.working) {
    if (remote->fd >= 0)
      shutdown(remote->fd, SHUT_RDWR);
    if (remote->next_fd >= 0)
      close(remote->next_fd);
    remote->next_fd = fd;
    remote->change = true;
    return;
  }
  if (remote->fd >= 0)
    close(remote->fd);
  remote->fd = fd;
}

int32_t tsker_remote_connect(uint64_t id, int32_t fd) {
  struct tsk_sink *sink = tsk_sink_find(id, &remote_type);
  int32_t lost;
  if (sink == NULL) {
    if (fd >= 0)
      close(fd);
    return -ENOENT;
  }
  pthread_mutex_lock(&sink->lock);
  connect_to((struct remote_sink *)sink, fd);
  lost = sink->lost > INT32_MAX ? INT32_MAX : (int32_t)sink->lost;
  sink->lost = 0;
  tsk_sink_schedule(sink);
  tsk_sink_progress(sink);
  pthread_mutex_unlock(&sink->lock);
  tsk_sink_release(sink);
  return lost;
}

/* A unix socket's path, or with a port an address in numbers. Returns the size of *out. */
static int read_address(const char *text, uint16_t port, struct sockaddr_storage *out) {
  struct sockaddr_un *local = (struct sockaddr_un *)out;
  struct sockaddr_in *four = (struct sockaddr_in *)out;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
  memset(out, 0, sizeof *out);
  if (port == 0) {
    if (strlen(text) >= sizeof local->sun_path)
      return -ENAMETOOLONG;
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, text, strlen(text) + 1);
    return sizeof *local;
  }
  if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
    return -EINVAL;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  return sizeof *six;
}

/* JavaScript has no datagram sockets of the unix kind, and does not tell the descriptors of its others. */
int32_t tsker_remote_datagram(const char *address, uint32_t port) {
  struct sockaddr_storage peer;
  int fd, error;
  int size = port > UINT16_MAX ? -EINVAL : read_address(address, (uint16_t)port, &peer);
  if (size < 0)
    return size;
  if ((fd = socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
    return -errno;
  if (connect(fd, (struct sockaddr *)&peer, (socklen_t)size) == 0)
    return fd;
  error = -errno;
  close(fd);
  return error;
}
