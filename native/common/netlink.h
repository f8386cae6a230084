/* SPDX-License-Identifier: Apache-2.0
 *
 * Netlink transport: opaque messages out, acknowledgements and answers in. It knows message headers and sequence
 * numbers, not links, addresses or rules (TypeScript builds those).
 */
#ifndef TSK_NETLINK_H
#define TSK_NETLINK_H

#include <stdint.h>

/* Where answers other than acknowledgements go, header included, one after the other. */
struct tsk_answers {
  uint8_t *bytes;
  uint32_t capacity;
  uint32_t size;
};

/* A close-on-exec socket of `protocol` in the current network namespace, with buffers for long batches. */
int tsk_netlink_open(int protocol);

/* Sends one or more messages in one datagram and waits until every message with NLM_F_ACK is acknowledged and every dump
 * is complete; at least one must be so awaited. `answers` may be NULL. 0, or the errno of the first negative answer
 * (the kernel has gone on with the messages after it), -EMSGSIZE when the answers do not fit, -EINTR when a dump was
 * disturbed by a change and must be repeated, -ETIMEDOUT when the kernel does not answer, -EINVAL for bad framing.
 * One exchange at a time on a socket. Answers to earlier exchanges are dropped. */
int tsk_netlink_exchange(int fd, const uint8_t *request, uint32_t size, struct tsk_answers *answers);

#endif
