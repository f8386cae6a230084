/* SPDX-License-Identifier: Apache-2.0
 *
 * Datagrams through the proxy. Each client has a socket of its own to the container, so that an answer says for whom it is;
 * one that was silent for long is forgotten, and when there are too many, the one that was silent the longest.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "init/proxy.h"

enum { CLIENTS = 1024, EVENTS = 64, SILENCE = 90, DATAGRAM = 65536, LISTENER = CLIENTS };

/* Whom an answer goes to, and from which of the host's addresses. */
struct peer {
  struct sockaddr_in6 address; /* or a sockaddr_in, and zeros */
  socklen_t size;
  struct in6_addr local; /* the first 4 bytes of it for IPv4 */
};

struct client {
  int fd; /* 0: a free place */
  time_t heard;
  struct peer peer;
};

struct proxy {
  int epoll;
  int socket;
  bool v6;
  const struct tsk_target *target;
  struct client clients[CLIENTS];
  struct client *used; /* behind the last that was ever used */
  char datagram[DATAGRAM];
};

/* Room for either packet info, aligned as its header has to be. */
union control {
  char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
  struct cmsghdr header;
};

static time_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return time.tv_sec;
}

static void forget(struct client *client) {
  close(client->fd);
  memset(client, 0, sizeof *client);
}

static void read_local(struct msghdr *message, struct peer *peer) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      memcpy(&peer->local, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      peer->local = info.ipi6_addr;
    }
  }
}

static ssize_t receive(struct proxy *proxy, struct peer *peer) {
  union control control;
  struct iovec data = {.iov_base = proxy->datagram, .iov_len = sizeof proxy->datagram};
  struct msghdr message = {.msg_name = &peer->address,
                           .msg_namelen = sizeof peer->address,
                           .msg_iov = &data,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t size;
  memset(peer, 0, sizeof *peer); /* compared as bytes */
  size = recvmsg(proxy->socket, &message, 0);
  if (size < 0)
    return -errno;
  peer->size = message.msg_namelen;
  read_local(&message, peer);
  return size;
}

/* From the address that the client spoke to: a host has many. */
static void answer(const struct proxy *proxy, const struct peer *peer, size_t size) {
  union control control = {.header = {.cmsg_level = proxy->v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                      .cmsg_type = proxy->v6 ? IPV6_PKTINFO : IP_PKTINFO}};
  struct in_pktinfo info = {.ipi_ifindex = 0};
  struct in6_pktinfo info6 = {.ipi6_addr = peer->local};
  const size_t room = proxy->v6 ? sizeof info6 : sizeof info;
  struct iovec data = {.iov_base = (void *)(uintptr_t)proxy->datagram, .iov_len = size};
  struct msghdr message = {.msg_name = (void *)(uintptr_t)&peer->address,
                           .msg_namelen = peer->size,
                           .msg_iov = &data,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = (socklen_t)CMSG_SPACE(room)};
  memcpy(&info.ipi_spec_dst, &peer->local, sizeof info.ipi_spec_dst);
  control.header.cmsg_len = (socklen_t)CMSG_LEN(room);
  memcpy(CMSG_DATA(&control.header), proxy->v6 ? (const void *)&info6 : (const void *)&info, room);
  (void)sendmsg(proxy->socket, &message, MSG_DONTWAIT); /* a datagram may be lost */
}

static bool is_same(const struct peer *one, const struct peer *other) { return memcmp(one, other, sizeof *one) == 0; }

/* The peer's place, or one that can be its own. */
static struct client *find(struct proxy *proxy, const struct peer *peer) {
  struct client *best = NULL;
  for (struct client *client = proxy->clients; client < proxy->used; client++) {
    if (client->fd != 0 && is_same(&client->peer, peer))
      return client;
    if (best == NULL || (best->fd != 0 && (client->fd == 0 || client->heard < best->heard)))
      best = client;
  }
  return (best == NULL || best->fd != 0) && proxy->used < proxy->clients + CLIENTS ? proxy->used++ : best;
}

static bool open_client(struct proxy *proxy, struct client *client, const struct peer *peer) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)(client - proxy->clients)};
  int fd;
  if (client->fd != 0)
    forget(client);
  fd = tsk_proxy_connect(proxy->target, SOCK_DGRAM);
  if (fd < 0)
    return false;
  client->fd = fd;
  client->peer = *peer;
  if (epoll_ctl(proxy->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
    return true;
  forget(client);
  return false;
}

static int forward_all(struct proxy *proxy) {
  for (;;) {
    struct peer peer;
    struct client *client;
    ssize_t size = receive(proxy, &peer);
    if (size < 0)
      return size == -EBADF || size == -ENOTSOCK ? (int)size : 0;
    client = find(proxy, &peer);
    if ((client->fd == 0 || !is_same(&client->peer, &peer)) && !open_client(proxy, client, &peer))
      continue;
    client->heard = now();
    (void)send(client->fd, proxy->datagram, (size_t)size, 0);
  }
}

/* One that refuses (nobody listens in the container) is as one that is silent. */
static void answer_all(struct proxy *proxy, struct client *client) {
  while (client->fd != 0) {
    ssize_t size = recv(client->fd, proxy->datagram, sizeof proxy->datagram, 0);
    if (size < 0)
      return;
    client->heard = now();
    answer(proxy, &client->peer, (size_t)size);
  }
}

static void forget_silent(struct proxy *proxy) {
  const time_t latest = now() - SILENCE;
  for (struct client *client = proxy->clients; client < proxy->used; client++)
    if (client->fd != 0 && client->heard < latest)
      forget(client);
}

int tsk_proxy_datagrams(int socket, const struct tsk_target *target) {
  static struct proxy proxy; /* too large for the stack */
  struct epoll_event events[EVENTS];
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = LISTENER};
  const int on = 1;
  int family = 0;
  socklen_t size = sizeof family;
  int error = 0;
  proxy.socket = socket;
  proxy.target = target;
  proxy.used = proxy.clients;
  if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0)
    return -errno;
  proxy.v6 = family == AF_INET6;
  if (setsockopt(socket, proxy.v6 ? IPPROTO_IPV6 : IPPROTO_IP, proxy.v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, sizeof on) < 0)
    return -errno;
  proxy.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (proxy.epoll < 0 || epoll_ctl(proxy.epoll, EPOLL_CTL_ADD, socket, &event) < 0)
    return -errno;
  while (error == 0) {
    int count = epoll_wait(proxy.epoll, events, EVENTS, 10000);
    if (count < 0 && errno != EINTR)
      return -errno;
    for (int index = 0; index < count && error == 0; index++) {
      if (events[index].data.u64 == LISTENER)
        error = forward_all(&proxy);
      else
        answer_all(&proxy, &proxy.clients[events[index].data.u64]);
    }
    forget_silent(&proxy);
  }
  return error;
}
