/* SPDX-License-Identifier: Apache-2.0
 *
 * One direction of a connection through the proxy: bytes from a socket to another.
 */
#ifndef TSK_PROXY_FLOW_H
#define TSK_PROXY_FLOW_H

#include <stdbool.h>
#include <stddef.h>

struct tsk_flow {
  int pipe[2];
  size_t held; /* bytes in the pipe */
  bool bulk;   /* the source says much at a time */
  bool ended;  /* the source has said all */
  bool shut;   /* and the target was told */
  bool more;   /* it was the others' turn before all was moved */
};

/* 0 or a negative errno. */
int tsk_flow_open(struct tsk_flow *flow);
void tsk_flow_close(const struct tsk_flow *flow);

/* Moves until nothing can, or it is the others' turn. `drained`: a source that gives less than it was asked for has no more, and
 * an event tells of what comes later. Negative: the connection is broken. */
int tsk_flow_move(struct tsk_flow *flow, int from, int to, bool drained);

#endif
