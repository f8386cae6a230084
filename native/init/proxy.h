/* SPDX-License-Identifier: Apache-2.0
 *
 * The helper as the proxy of a published port: bytes go between a socket on the host and an address in a container, where
 * rules cannot reach (localhost, a kernel without nf_tables). One process a port; the daemon ends it with a signal.
 */
#ifndef TSK_PROXY_H
#define TSK_PROXY_H

#include <sys/socket.h>

struct tsk_target {
  struct sockaddr_storage address;
  socklen_t size;
  int protocol;
};

/* Accepts on `listener` and connects each to the target. Returns a negative errno when it cannot go on. */
int tsk_proxy_streams(int listener, const struct tsk_target *target);

/* Forwards datagrams that arrive on `socket`, and the answers back to whom they are for. */
int tsk_proxy_datagrams(int socket, const struct tsk_target *target);

/* Closed on execve, never blocking; a descriptor or a negative errno. */
int tsk_proxy_connect(const struct tsk_target *target, int type);

#endif
