/* SPDX-License-Identifier: Apache-2.0
 *
 * Words go through memory, in two system calls; what is longer goes from socket to pipe to socket inside the kernel. A pipe also holds what
 * the target does not take yet.
 */
#include "init/proxy_flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  WORD = 8 << 10, /* an empty pipe holds it, also where its user may have no more than two pages */
  CHUNK = 1 << 20,
  TURN = 256,
};

int tsk_flow_open(struct tsk_flow *flow) {
  *flow = (struct tsk_flow){0};
  return pipe2(flow->pipe, O_NONBLOCK | O_CLOEXEC) < 0 ? -errno : 0;
}

void tsk_flow_close(const struct tsk_flow *flow) {
  close(flow->pipe[0]);
  close(flow->pipe[1]);
}

/* 0 instead of EAGAIN. */
static ssize_t tried(ssize_t size) {
  return size >= 0 ? size : errno == EAGAIN ? 0 : -errno;
}

/* What moved, 0: nothing can. Negative: the connection is broken. */
static ssize_t move_word(struct tsk_flow *flow, int from, int to) {
  char word[WORD];
  ssize_t kept, sent, size = recv(from, word, sizeof word, MSG_DONTWAIT);
  flow->ended = size == 0;
  flow->bulk = size == sizeof word;
  if (size <= 0)
    return tried(size);
  sent = tried(send(to, word, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL));
  if (sent < 0 || sent == size)
    return sent;
  kept = write(flow->pipe[1], word + sent, (size_t)(size - sent));
  if (kept != size - sent)
    return kept < 0 ? -errno : -EPIPE;
  flow->held = (size_t)kept;
  return size;
}

static ssize_t take_bulk(struct tsk_flow *flow, int from) {
  ssize_t size = splice(from, NULL, flow->pipe[1], NULL, CHUNK, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  flow->ended = size == 0;
  if (size > 0) {
    flow->held += (size_t)size;
    flow->bulk = size >= WORD;
  }
  return tried(size);
}

static ssize_t give_held(struct tsk_flow *flow, int to) {
  ssize_t size = splice(flow->pipe[0], NULL, to, NULL, flow->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (size > 0)
    flow->held -= (size_t)size;
  return tried(size);
}

static ssize_t move_once(struct tsk_flow *flow, int from, int to) {
  ssize_t taken = 0, given = 0;
  if (!flow->ended && (flow->bulk || flow->held == 0))
    taken = flow->bulk ? take_bulk(flow, from) : move_word(flow, from, to);
  if (taken >= 0 && flow->held > 0)
    given = give_held(flow, to);
  if (taken < 0 || given < 0)
    return taken < 0 ? taken : given;
  if (flow->ended && flow->held == 0 && !flow->shut) {
    flow->shut = true;
    (void)shutdown(to, SHUT_WR); /* one that is gone needs no word */
  }
  return taken + given;
}

int tsk_flow_move(struct tsk_flow *flow, int from, int to, bool drained) {
  flow->more = false;
  for (int moves = 0; moves < TURN; moves++) {
    /* A short splice proves nothing: little segments fill a pipe as well. */
    const bool is_word = !flow->bulk && flow->held == 0;
    ssize_t moved = move_once(flow, from, to);
    if (moved <= 0)
      return (int)moved;
    if (drained && is_word && !flow->bulk && flow->held == 0)
      return 0;
  }
  flow->more = true;
  return 0;
}
