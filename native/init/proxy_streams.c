/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections through the proxy: who they are of, and which of their two directions an event concerns. Each direction ends on its own,
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
#include "init/proxy_flow.h"

enum { EVENTS = 64 };

/* What an event names. */
struct side {
  int fd;
  struct connection *connection;
};

struct connection {
  struct side client;
  struct side server;
  bool connecting;
  bool closed;
  struct tsk_flow up;
  struct tsk_flow down;
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

/* Behind these there may be more than what can be read at once. */
static const uint32_t unusual = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI;

static int watch_side(const struct proxy *proxy, int action, struct side *side) {
  return watch(proxy, action, side->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET, side);
}

static void listen_again(struct proxy *proxy) {
  if (proxy->waiting && watch(proxy, EPOLL_CTL_MOD, proxy->listener, EPOLLIN, NULL) == 0)
    proxy->waiting = false;
}

static void end(struct proxy *proxy, struct connection *connection) {
  if (connection->closed)
    return;
  connection->closed = true;
  close(connection->client.fd);
  close(connection->server.fd);
  tsk_flow_close(&connection->up);
  tsk_flow_close(&connection->down);
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

/* 1: it is. 0: not yet. Negative: it never will. */
static int has_connected(const struct connection *connection, uint32_t events) {
  const int server = connection->server.fd;
  int error = 0;
  socklen_t size = sizeof error;
  struct tcp_info info;
  if (getsockopt(server, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0 || (events & EPOLLERR) != 0)
    return -ECONNREFUSED;
  /* An event of the client's while the other side is still on its way. */
  size = sizeof info;
  return getsockopt(server, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 || info.tcpi_state != TCP_SYN_SENT;
}

/* Both directions, to the last byte that there is: events may have come while nobody was there to hear them. */
static int begin(struct connection *connection) {
  int error = tsk_flow_move(&connection->up, connection->client.fd, connection->server.fd, false);
  connection->connecting = false;
  return error < 0 ? error : tsk_flow_move(&connection->down, connection->server.fd, connection->client.fd, false);
}

/* The direction that comes from this side when it can be read, the one that leads to it when it takes again what is held for it. */
static int go_on(const struct proxy *proxy, struct connection *connection, const struct side *side, uint32_t events) {
  const bool client = side == &connection->client;
  const int other = client ? connection->server.fd : connection->client.fd;
  struct tsk_flow *from = client ? &connection->up : &connection->down;
  struct tsk_flow *to = client ? &connection->down : &connection->up;
  int error = 0;
  if (from->more || (events & (EPOLLIN | unusual)) != 0)
    error = tsk_flow_move(from, side->fd, other, proxy->target->protocol == IPPROTO_TCP && (events & unusual) == 0);
  if (error == 0 && (to->more || (to->held > 0 && (events & ~(uint32_t)EPOLLIN) != 0)))
    error = tsk_flow_move(to, other, side->fd, false);
  return error;
}

static void serve(struct proxy *proxy, struct side *side, uint32_t events) {
  struct connection *connection = side->connection;
  int error;
  if (connection->closed)
    return;
  if (connection->connecting) {
    int connected = has_connected(connection, events);
    if (connected == 0)
      return;
    error = connected < 0 ? connected : begin(connection);
  } else {
    error = go_on(proxy, connection, side, events);
  }
  if (error < 0 || (connection->up.shut && connection->down.shut)) {
    end(proxy, connection);
  } else if (connection->up.more || connection->down.more) { /* as new events, behind those of the others */
    (void)watch_side(proxy, EPOLL_CTL_MOD, &connection->client);
    (void)watch_side(proxy, EPOLL_CTL_MOD, &connection->server);
  }
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
  connection->connecting = true;
  connection->client = (struct side){client, connection};
  connection->server = (struct side){tsk_proxy_connect(proxy->target, SOCK_STREAM), connection};
  error = connection->server.fd;
  if (error < 0)
    goto no_server;
  error = tsk_flow_open(&connection->up);
  if (error < 0)
    goto no_up;
  error = tsk_flow_open(&connection->down);
  if (error < 0)
    goto no_down;
  set_options(client);
  set_options(connection->server.fd);
  error = watch_side(proxy, EPOLL_CTL_ADD, &connection->client);
  if (error == 0)
    error = watch_side(proxy, EPOLL_CTL_ADD, &connection->server);
  if (error == 0)
    return 0;
  tsk_flow_close(&connection->down);
no_down:
  tsk_flow_close(&connection->up);
no_up:
  close(connection->server.fd);
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
