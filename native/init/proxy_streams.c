/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections through the proxy. Bytes go from socket to pipe to socket inside the kernel; each direction ends on its own,
 * so that a client that has said all it has to say still hears the answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "init/proxy.h"

enum { EVENTS = 64, CHUNK = 1 << 20, TURN = 256 };

struct flow {
  int pipe[2];
  size_t held;
  bool ended; /* the source has said all */
  bool shut;  /* and the target was told */
};

struct connection {
  int client;
  int server;
  bool connecting;
  bool closed;
  struct flow up;
  struct flow down;
  struct connection *next; /* in the list of the closed */
};

struct proxy {
  int epoll;
  int listener;
  bool waiting; /* no descriptor was left: nobody is accepted until a connection ends */
  const struct tsk_target *target;
  struct connection *closed; /* freed when no event of this turn can name them any more */
};

static int watch(const struct proxy *proxy, int action, int fd, uint32_t events, void *of) {
  struct epoll_event event = {.events = events, .data.ptr = of};
  return epoll_ctl(proxy->epoll, action, fd, &event) < 0 ? -errno : 0;
}

static const uint32_t both_ways = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

static void close_pipe(const struct flow *flow) {
  close(flow->pipe[0]);
  close(flow->pipe[1]);
}

static void listen_again(struct proxy *proxy) {
  if (proxy->waiting && watch(proxy, EPOLL_CTL_MOD, proxy->listener, EPOLLIN, NULL) == 0)
    proxy->waiting = false;
}

static void end(struct proxy *proxy, struct connection *connection) {
  if (connection->closed)
    return;
  connection->closed = true;
  close(connection->client);
  close(connection->server);
  close_pipe(&connection->up);
  close_pipe(&connection->down);
  connection->next = proxy->closed;
  proxy->closed = connection;
  listen_again(proxy);
}

static void free_closed(struct proxy *proxy) {
  while (proxy->closed != NULL) {
    struct connection *next = proxy->closed->next;
    free(proxy->closed);
    proxy->closed = next;
  }
}

/* 1: something moved. 0: nothing can. Negative: the connection is broken. */
static int move_once(struct flow *flow, int from, int to) {
  int moved = 0;
  if (!flow->ended) {
    ssize_t size = splice(from, NULL, flow->pipe[1], NULL, CHUNK, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size < 0 && errno != EAGAIN)
      return -errno;
    flow->ended = size == 0;
    if (size > 0) {
      flow->held += (size_t)size;
      moved = 1;
    }
  }
  if (flow->held > 0) {
    ssize_t size = splice(flow->pipe[0], NULL, to, NULL, flow->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size < 0 && errno != EAGAIN)
      return -errno;
    if (size > 0) {
      flow->held -= (size_t)size;
      moved = 1;
    }
  }
  if (flow->ended && flow->held == 0 && !flow->shut) {
    flow->shut = true;
    (void)shutdown(to, SHUT_WR); /* one that is gone needs no word */
  }
  return moved;
}

/* Until nothing can move, or it is the others' turn. 1: there is more. */
static int move(struct flow *flow, int from, int to) {
  for (int moves = 0; moves < TURN; moves++) {
    int moved = move_once(flow, from, to);
    if (moved <= 0)
      return moved;
  }
  return 1;
}

static bool has_connected(struct connection *connection) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(connection->server, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0)
    return false;
  connection->connecting = false;
  return true;
}

static void serve(struct proxy *proxy, struct connection *connection, uint32_t events) {
  int up, down;
  if (connection->closed)
    return;
  if (connection->connecting) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (!has_connected(connection) || (events & EPOLLERR) != 0) {
      end(proxy, connection);
      return;
    }
    /* An event of the client's while the other side is still on its way. */
    if (getsockopt(connection->server, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_SYN_SENT) {
      connection->connecting = true;
      return;
    }
  }
  up = move(&connection->up, connection->client, connection->server);
  down = up < 0 ? up : move(&connection->down, connection->server, connection->client);
  if (up < 0 || down < 0 || (connection->up.shut && connection->down.shut))
    end(proxy, connection);
  else if (up > 0 || down > 0) /* as a new event, behind those of the others */
    (void)watch(proxy, EPOLL_CTL_MOD, connection->client, both_ways, connection);
}

static void set_options(int fd) {
  const int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* not TCP: then there is none */
  (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

/* Takes the client over. */
static int open_connection(struct proxy *proxy, int client) {
  struct connection *connection = calloc(1, sizeof *connection);
  int error = -ENOMEM;
  if (connection == NULL)
    goto no_connection;
  connection->client = client;
  connection->connecting = true;
  connection->server = tsk_proxy_connect(proxy->target, SOCK_STREAM);
  error = connection->server;
  if (error < 0)
    goto no_server;
  if (pipe2(connection->up.pipe, O_NONBLOCK | O_CLOEXEC) < 0) {
    error = -errno;
    goto no_up;
  }
  if (pipe2(connection->down.pipe, O_NONBLOCK | O_CLOEXEC) < 0) {
    error = -errno;
    goto no_down;
  }
  set_options(client);
  set_options(connection->server);
  error = watch(proxy, EPOLL_CTL_ADD, client, both_ways, connection);
  if (error == 0)
    error = watch(proxy, EPOLL_CTL_ADD, connection->server, both_ways, connection);
  if (error == 0)
    return 0;
  close_pipe(&connection->down);
no_down:
  close_pipe(&connection->up);
no_up:
  close(connection->server);
no_server:
  free(connection);
no_connection:
  close(client);
  return error;
}

static bool is_out_of(int error) {
  return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS || error == -ENOSPC;
}

/* Everybody who waits. A negative errno only when the listener is of no use any more. */
static int accept_all(struct proxy *proxy) {
  for (;;) {
    int client = accept4(proxy->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int error = client < 0 ? -errno : open_connection(proxy, client);
    if (error == -EAGAIN && client < 0)
      return 0;
    if (is_out_of(error)) {
      proxy->waiting = true;
      return watch(proxy, EPOLL_CTL_MOD, proxy->listener, 0, NULL);
    }
    if (client < 0 && (error == -EBADF || error == -EINVAL || error == -ENOTSOCK))
      return error;
  }
}

int tsk_proxy_streams(int listener, const struct tsk_target *target) {
  struct proxy proxy = {.listener = listener, .target = target};
  struct epoll_event events[EVENTS];
  int error;
  proxy.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (proxy.epoll < 0)
    return -errno;
  error = watch(&proxy, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  while (error == 0) {
    int count = epoll_wait(proxy.epoll, events, EVENTS, proxy.waiting ? 1000 : -1);
    if (count < 0 && errno != EINTR)
      return -errno;
    if (count == 0)
      listen_again(&proxy);
    for (int index = 0; index < count && error == 0; index++) {
      if (events[index].data.ptr == NULL)
        error = accept_all(&proxy);
      else
        serve(&proxy, events[index].data.ptr, events[index].events);
    }
    free_closed(&proxy);
  }
  return error;
}
