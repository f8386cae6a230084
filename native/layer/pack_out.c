/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a packed tar goes. Without a digest the packing thread writes itself, and the data of large files goes from the page
 * cache into the pipe, socket or file without passing through memory of ours. With one, buffers go to two threads, one that
 * writes and one that hashes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/pack_internal.h"

#define WRITER 0 /* consumers of the ring */
#define HASHER 1
#define DIRECT_MIN (64u << 10) /* below this, copying is cheaper than flushing first */
#define PIPE_SIZE (1 << 20)
#define PASS_MAX (16u << 20) /* at once: a file takes all of it before anybody is asked whether to go on */
/* Around the buffer, for the frame of HTTP's chunks: "\r\n<16 digits>\r\n" and a NUL. */
#define FRAME_SIZE 21

/* ---- the descriptor ---- */

static int broken(struct tsk_fault *fault, int error) {
  return tsk_fault(fault, TSKER_STAGE_WRITE, error, "cannot write the archive: %s", strerror(-error));
}

static int cancelled(struct tsk_fault *fault) { return tsk_fault(fault, TSKER_STAGE_WRITE, -ECANCELED, "cancelled"); }

static int wait_writable(const struct pack_out *out, struct tsk_fault *fault) {
  struct pollfd polled[2] = {{.fd = out->fd, .events = POLLOUT}, {.fd = out->cancel->fd, .events = POLLIN}};
  if (poll(polled, 2, -1) < 0 && errno != EINTR) return broken(fault, -errno);
  return polled[1].revents != 0 || tsk_cancel_asked(out->cancel) ? cancelled(fault) : 0;
}

static int write_out(const struct pack_out *out, const uint8_t *bytes, size_t size, struct tsk_fault *fault) {
  if (out->fd < 0) return tsk_cancel_asked(out->cancel) ? cancelled(fault) : 0;
  while (size > 0) {
    ssize_t done = write(out->fd, bytes, size);
    int error = done >= 0 || errno == EINTR ? 0 : errno == EAGAIN ? wait_writable(out, fault) : broken(fault, -errno);
    if (error != 0) return error;
    if (done < 0) continue;
    bytes += done;
    size -= (size_t)done;
  }
  return 0;
}

/* ---- threads ---- */

/* Sees every buffer until the ring ends; a failure of `use` stops the ring. */
static void consume(struct pack_out *out, unsigned consumer, int (*use)(struct pack_out *, const uint8_t *, size_t)) {
  const uint8_t *data;
  ssize_t got;
  while ((got = tsk_ring_peek(&out->ring, consumer, &data)) > 0) {
    if (use(out, data, (size_t)got) != 0) {
      tsk_ring_stop(&out->ring);
      return;
    }
    tsk_ring_release(&out->ring, consumer);
  }
}

static int use_write(struct pack_out *out, const uint8_t *data, size_t size) {
  return write_out(out, data, size, &out->writer_fault);
}

static int use_hash(struct pack_out *out, const uint8_t *data, size_t size) {
  tsk_digest_update(&out->digest, data, size);
  return 0;
}

static void *writer(void *out) {
  consume(out, WRITER, use_write);
  return NULL;
}

static void *hasher(void *out) {
  consume(out, HASHER, use_hash);
  return NULL;
}

static int start(struct pack_out *out, pthread_t *thread, void *(*run)(void *)) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all); /* signals are the event loop's */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(thread, NULL, run, out);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error == 0) out->threads++;
  return -error;
}

static void join(struct pack_out *out) {
  if (out->threads > 1) pthread_join(out->hasher, NULL);
  if (out->threads > 0) pthread_join(out->writer, NULL);
  out->threads = 0;
}

/* ---- chunks of HTTP (RFC 9112, 7.1) ---- */

/* Begins a chunk: its header at `at`, behind the end of the chunk before. Returns the size of that. */
static size_t put_frame(struct pack_out *out, uint8_t *at, uint64_t size) {
  int length = snprintf((char *)at, FRAME_SIZE, "%s%llx\r\n", out->framed ? "\r\n" : "", (unsigned long long)size);
  out->framed = true;
  return (size_t)length;
}

/* Sends what is buffered: the rest of a chunk that was begun, and a chunk of its own. `next` bytes will follow that do not
 * pass through the buffer: their chunk is begun with the same write. */
static int flush_chunks(struct pack_out *out, uint64_t next) {
  size_t rest = out->begun < out->used ? (size_t)out->begun : out->used;
  uint8_t *from = out->buffer;
  uint8_t *to = out->buffer + out->used;
  if (out->used > rest) {
    /* In front of the chunk; over what is there of the other, which has to go before. */
    int error = write_out(out, from, rest, out->fault);
    if (error != 0) return error;
    uint8_t frame[FRAME_SIZE];
    size_t length = put_frame(out, frame, out->used - rest);
    from = memcpy(from + rest - length, frame, length);
  }
  out->begun -= rest;
  out->used = 0;
  if (next > 0) {
    to += put_frame(out, to, next);
    out->begun = next;
  }
  return write_out(out, from, (size_t)(to - from), out->fault);
}

/* ---- the buffer ---- */

static int flush(struct pack_out *out) {
  size_t size = out->used;
  uint8_t *data = out->buffer;
  if (out->chunked) return flush_chunks(out, 0);
  out->used = 0;
  if (!out->piped) return write_out(out, data, size, out->fault);
  out->buffer = NULL;
  tsk_ring_publish(&out->ring, size);
  return 0;
}

/* Free space in the buffer: its size, or a negative errno. */
static ssize_t reserve(struct pack_out *out, uint8_t **space) {
  if (out->buffer != NULL && out->used == TSK_RING_SLOT_SIZE) {
    int error = flush(out);
    if (error != 0) return error;
  }
  if (out->buffer == NULL) {
    out->buffer = tsk_ring_reserve(&out->ring);
    /* Stopped by the writer, whose fault is the one that counts; finish reports it. */
    if (out->buffer == NULL) return -ECANCELED;
  }
  *space = out->buffer + out->used;
  return (ssize_t)(TSK_RING_SLOT_SIZE - out->used);
}

static void filled(struct pack_out *out, size_t size) {
  out->used += size;
  out->bytes += size;
}

int pack_out_bytes(struct pack_out *out, const void *bytes, size_t size) {
  const uint8_t *from = bytes;
  while (size > 0) {
    uint8_t *space = NULL;
    ssize_t room = reserve(out, &space);
    if (room < 0) return (int)room;
    size_t piece = size < (size_t)room ? size : (size_t)room;
    memcpy(space, from, piece);
    filled(out, piece);
    from += piece;
    size -= piece;
  }
  return 0;
}

int pack_out_zeros(struct pack_out *out, uint64_t size) {
  while (size > 0) {
    uint8_t *space = NULL;
    ssize_t room = reserve(out, &space);
    if (room < 0) return (int)room;
    size_t piece = size < (size_t)room ? (size_t)size : (size_t)room;
    memset(space, 0, piece);
    filled(out, piece);
    size -= piece;
  }
  return 0;
}

/* ---- files ---- */

static int read_into(struct pack_out *out, int fd, uint64_t offset, uint64_t size, uint64_t *sent) {
  while (*sent < size) {
    uint8_t *space = NULL;
    ssize_t room = reserve(out, &space);
    if (room < 0) return (int)room;
    size_t want = size - *sent < (size_t)room ? (size_t)(size - *sent) : (size_t)room;
    ssize_t got = pread(fd, space, want, (off_t)(offset + *sent));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 ? -errno : 0;
    filled(out, (size_t)got);
    *sent += (size_t)got;
  }
  return 0;
}

/* What is in the passage goes on to the pipe, all of it. */
static int empty_passage(struct pack_out *out) {
  while (out->passage.held > 0) {
    if (tsk_passage_give(&out->passage, out->fd, NULL, out->passage.held) > 0 || errno == EINTR) continue;
    int error = errno == EAGAIN ? wait_writable(out, out->fault) : broken(out->fault, -errno);
    if (error != 0) return error;
  }
  return 0;
}

/* From file to pipe, socket or file within the kernel. -EINVAL: this file system cannot; nothing, or all that `sent` says, has
 * gone. What the file does not have of a chunk that was begun for it follows through the buffer. */
static int pass_file(struct pack_out *out, int fd, uint64_t offset, uint64_t size, uint64_t *sent) {
  int error = out->chunked ? flush_chunks(out, size) : flush(out);
  while (error == 0 && *sent < size) {
    off_t at = (off_t)(offset + *sent);
    size_t want = size - *sent < PASS_MAX ? (size_t)(size - *sent) : PASS_MAX;
    ssize_t got = out->pipe ? tsk_passage_take(&out->passage, fd, &at, want) : sendfile(out->fd, fd, &at, want);
    if (got == 0) return 0;
    if (got > 0) {
      *sent += (uint64_t)got;
      out->bytes += (uint64_t)got;
      if (out->chunked) out->begun -= (uint64_t)got;
      error = empty_passage(out);
    } else if (errno == EAGAIN) {
      error = wait_writable(out, out->fault);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      error = broken(out->fault, -errno);
    } else if (errno != EINTR) {
      return -EINVAL; /* reading it in the plain way tells what is wrong, if anything is */
    }
    if (error == 0 && tsk_cancel_asked(out->cancel)) error = cancelled(out->fault);
  }
  return error;
}

int pack_out_file(struct pack_out *out, int fd, uint64_t offset, uint64_t size, uint64_t *sent) {
  *sent = 0;
  if (size >= DIRECT_MIN && !out->piped && (out->pipe || out->socket || out->file)) {
    int error = pass_file(out, fd, offset, size, sent);
    if (error != -EINVAL) return error;
  }
  return read_into(out, fd, offset, size, sent);
}

/* ---- beginning and end ---- */

static int open_descriptor(struct pack_out *out) {
  struct stat status;
  if (out->fd < 0) return 0;
  int error = tsk_fstat(out->fd, &status);
  if (error != 0) return error;
  out->pipe = S_ISFIFO(status.st_mode);
  out->socket = S_ISSOCK(status.st_mode);
  out->file = S_ISREG(status.st_mode);
  if (!out->pipe && !out->socket) return 0;
  if (out->pipe) fcntl(out->fd, F_SETPIPE_SZ, PIPE_SIZE); /* refused: the pipe only fills earlier */
  error = tsk_check(fcntl(out->fd, F_SETFL, fcntl(out->fd, F_GETFL) | O_NONBLOCK));
  return error == 0 && out->pipe && !out->piped ? tsk_passage_open(&out->passage, out->fd) : error;
}

static int open_threads(struct pack_out *out) {
  int error = tsk_ring_open(&out->ring, 2);
  if (error == 0) error = start(out, &out->writer, writer);
  if (error == 0) error = start(out, &out->hasher, hasher);
  return error;
}

int pack_out_open(struct pack_out *out, const struct tsk_pack_request *request, struct tsk_fault *fault) {
  *out = (struct pack_out){.fd = request->out, .cancel = &request->cancel, .fault = fault};
  out->passage = TSK_PASSAGE_CLOSED;
  out->piped = (request->flags & TSKER_PACK_DIGEST) != 0;
  out->chunked = (request->flags & TSKER_PACK_CHUNKED) != 0;
  tsk_digest_init(&out->digest);
  int error = open_descriptor(out);
  if (error == 0 && out->piped) {
    error = open_threads(out);
  } else if (error == 0) {
    out->memory = malloc(FRAME_SIZE + TSK_RING_SLOT_SIZE + FRAME_SIZE);
    error = out->memory == NULL ? -ENOMEM : 0;
    if (error == 0) out->buffer = out->memory + FRAME_SIZE;
  }
  return error == 0 ? 0 : broken(fault, error);
}

int pack_out_finish(struct pack_out *out) {
  int error = out->buffer != NULL ? flush(out) : 0;
  if (error == 0 && out->framed) error = write_out(out, (const uint8_t *)"\r\n", 2, out->fault);
  if (!out->piped) return error;
  tsk_ring_end(&out->ring);
  join(out);
  return out->writer_fault.error;
}

void pack_out_close(struct pack_out *out) {
  tsk_passage_close(&out->passage);
  if (!out->piped) {
    free(out->memory);
    return;
  }
  tsk_ring_stop(&out->ring);
  join(out);
  tsk_ring_close(&out->ring);
  if (out->writer_fault.error != 0 && out->fault->error == 0) *out->fault = out->writer_fault;
}
