/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline of one layer. Threads, with rings between them:
 *
 *   compressed:  reader (+ digest of the bytes) -> inflater -> { digest of the tar, writer }
 *   plain:       reader -> { digest, writer }
 *
 * The writer is the calling thread. The first stage that fails stops all; what it reported is the result.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layer/digest.h"
#include "layer/inflate.h"
#include "layer/layer.h"
#include "layer/record.h"
#include "layer/ring.h"
#include "layer/tar.h"
#include "layer/unpack.h"

#define WRITER 0 /* consumers of the ring that carries the tar */
#define HASHER 1

struct pipeline {
  const struct tsk_extract_request *request;
  enum tsk_compression compression;
  struct tsk_ring packed; /* not opened for a plain stream */
  struct tsk_ring tar;
  struct tsk_digest digest_in, digest_tar;
  int wake; /* eventfd: readable when the pipeline has stopped, for a reader that waits for bytes */
  pthread_mutex_t lock;
  struct tsk_fault fault; /* the first */
};

static bool is_cancelled(const struct pipeline *pipeline) {
  return pipeline->request->cancelled != NULL && pipeline->request->cancelled(pipeline->request->context);
}

/* Ends a stage: 0, or an errno with its fault, or one without, which is only the echo of another stage's. */
static void stage_ended(struct pipeline *pipeline, int error, const struct tsk_fault *fault) {
  if (error == 0) return;
  pthread_mutex_lock(&pipeline->lock);
  if (pipeline->fault.error == 0 && fault->error != 0) pipeline->fault = *fault;
  pthread_mutex_unlock(&pipeline->lock);
  tsk_ring_stop(&pipeline->packed);
  tsk_ring_stop(&pipeline->tar);
  eventfd_write(pipeline->wake, 1);
}

static int cancelled(struct tsk_fault *fault, int stage) { return tsk_fault(fault, stage, -ECANCELED, "cancelled"); }

/* ---- reader ---- */

/* Waits until there is something to read; a file always has. */
static int wait_readable(const struct pipeline *pipeline, struct tsk_fault *fault) {
  struct pollfd polled[3] = {
      {.fd = pipeline->request->fd, .events = POLLIN},
      {.fd = pipeline->wake, .events = POLLIN},
      {.fd = pipeline->request->cancel_fd, .events = POLLIN},
  };
  if (poll(polled, 3, -1) < 0 && errno != EINTR)
    return tsk_fault(fault, TSKER_STAGE_READ, -errno, "cannot wait for the layer's bytes: %s", strerror(errno));
  if (polled[2].revents != 0 || is_cancelled(pipeline)) return cancelled(fault, TSKER_STAGE_READ);
  return polled[1].revents != 0 ? -ECANCELED : 0;
}

/* Bytes read, 0 at the end, or a negative errno. */
static ssize_t read_some(const struct pipeline *pipeline, uint8_t *out, size_t size, struct tsk_fault *fault) {
  for (;;) {
    int error = wait_readable(pipeline, fault);
    if (error != 0) return error;
    ssize_t got = read(pipeline->request->fd, out, size);
    if (got >= 0) return got;
    if (errno != EINTR && errno != EAGAIN)
      return tsk_fault(fault, TSKER_STAGE_READ, -errno, "cannot read the layer: %s", strerror(errno));
  }
}

/* Fills buffers until the end of the stream. The first may hold bytes already. */
static int read_all(struct pipeline *pipeline, struct tsk_ring *ring, struct tsk_fault *fault) {
  for (;;) {
    uint8_t *out = tsk_ring_reserve(ring);
    if (out == NULL) return -ECANCELED;
    ssize_t got = read_some(pipeline, out, TSK_RING_SLOT_SIZE, fault);
    if (got < 0) return (int)got;
    if (got == 0) return 0;
    if (ring == &pipeline->packed) tsk_digest_update(&pipeline->digest_in, out, (size_t)got);
    tsk_ring_publish(ring, (size_t)got);
  }
}

static void *reader(void *context) {
  struct pipeline *pipeline = context;
  struct tsk_fault fault = {0};
  struct tsk_ring *ring = pipeline->compression == TSK_PLAIN ? &pipeline->tar : &pipeline->packed;
  int error = read_all(pipeline, ring, &fault);
  if (error == 0) tsk_ring_end(ring);
  stage_ended(pipeline, error, &fault);
  return NULL;
}

/* ---- inflater and hasher ---- */

static void *inflater(void *context) {
  struct pipeline *pipeline = context;
  struct tsk_fault fault = {0};
  int error = tsk_inflate(pipeline->compression, &pipeline->packed, &pipeline->tar, &fault);
  if (error == 0) tsk_ring_end(&pipeline->tar);
  stage_ended(pipeline, error, &fault);
  return NULL;
}

static void *hasher(void *context) {
  struct pipeline *pipeline = context;
  const uint8_t *data;
  ssize_t got;
  while ((got = tsk_ring_peek(&pipeline->tar, HASHER, &data)) > 0) {
    tsk_digest_update(&pipeline->digest_tar, data, (size_t)got);
    tsk_ring_release(&pipeline->tar, HASHER);
  }
  return NULL;
}

/* ---- writer ---- */

struct tar_source {
  struct tsk_source source;
  struct pipeline *pipeline;
  struct tsk_record *record; /* NULL: nothing is recorded */
  bool holding;
};

static ssize_t next_of_ring(struct tsk_source *source, const uint8_t **data) {
  struct tar_source *self = (struct tar_source *)source;
  struct tsk_ring *ring = &self->pipeline->tar;
  if (is_cancelled(self->pipeline)) return -ECANCELED;
  /* The recording looks at the piece before this one for the last time. */
  int error = self->record != NULL && self->holding ? tsk_record_piece(self->record, NULL, 0) : 0;
  if (self->holding) tsk_ring_release(ring, WRITER);
  ssize_t got = error != 0 ? error : tsk_ring_peek(ring, WRITER, data);
  self->holding = got > 0;
  if (self->record != NULL && self->holding) tsk_record_piece(self->record, *data, (size_t)got);
  return got;
}

/* What follows the end of the archive is not looked at, but it is part of the digest. */
static int drain(struct tar_source *source) {
  const uint8_t *data;
  ssize_t got;
  while ((got = next_of_ring(&source->source, &data)) > 0) continue;
  return (int)got;
}

static int write_entries(struct tar_source *source, struct tsk_unpack *unpack, struct tsk_fault *fault) {
  struct tsk_tar *tar = tsk_tar_open(&source->source);
  if (tar == NULL) return tsk_fault(fault, TSKER_STAGE_TAR, -ENOMEM, "out of memory");
  struct tsk_tar_entry *entry;
  int error;
  while ((error = tsk_tar_next(tar, &entry, fault)) > 0) {
    error = is_cancelled(source->pipeline) ? -ECANCELED : tsk_unpack_entry(unpack, tar, entry, fault);
    if (error != 0) break;
  }
  tsk_tar_close(tar);
  return error;
}

static int write_layer(struct pipeline *pipeline, struct tsk_unpack_totals *totals, struct tsk_fault *fault) {
  const struct tsk_extract_request *request = pipeline->request;
  struct tsk_record *record = request->record < 0 ? NULL : tsk_record_open(request->record);
  if (record == NULL && request->record >= 0) return tsk_fault(fault, TSKER_STAGE_WRITE, -ENOMEM, "out of memory");
  struct tar_source source = {.source.next = next_of_ring, .pipeline = pipeline, .record = record};
  struct tsk_unpack *unpack = tsk_unpack_open(request->target, request->flags, fault);
  int error = unpack == NULL ? fault->error : 0;
  if (error == 0) tsk_unpack_record(unpack, record);
  if (error == 0) error = write_entries(&source, unpack, fault);
  if (error == 0) error = drain(&source);
  if (error == 0) error = tsk_unpack_finish(unpack, totals, fault);
  if (error == 0 && record != NULL) error = tsk_record_finish(record);
  if (error != 0 && error != -ECANCELED && fault->error == 0)
    tsk_fault(fault, TSKER_STAGE_WRITE, error, "cannot record the layer: %s", strerror(-error));
  tsk_unpack_close(unpack);
  tsk_record_close(record);
  if (error == -ECANCELED && fault->error == 0 && is_cancelled(pipeline)) cancelled(fault, TSKER_STAGE_WRITE);
  return error;
}

/* ---- assembly ---- */

static int start(pthread_t *thread, void *(*run)(void *), struct pipeline *pipeline, struct tsk_fault *fault) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all); /* signals are the event loop's */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(thread, NULL, run, pipeline);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error == 0 ? 0 : tsk_fault(fault, TSKER_STAGE_READ, -error, "cannot start a thread: %s", strerror(error));
}

static void run_stages(struct pipeline *pipeline, struct tsk_unpack_totals *totals) {
  void *(*stages[3])(void *) = {reader, hasher, inflater};
  unsigned count = pipeline->compression == TSK_PLAIN ? 2 : 3;
  pthread_t threads[3];
  unsigned started = 0;
  struct tsk_fault fault = {0};
  int error = 0;
  while (error == 0 && started < count) {
    error = start(&threads[started], stages[started], pipeline, &fault);
    if (error == 0) started++;
  }
  mode_t mask = umask(0);
  if (error == 0) error = write_layer(pipeline, totals, &fault);
  umask(mask);
  stage_ended(pipeline, error, &fault);
  while (started > 0) pthread_join(threads[--started], NULL);
}

/* Reads what decides on the compression into the first buffer of the ring that will carry the stream. */
static int read_head(struct pipeline *pipeline, uint8_t head[TSK_SNIFF_SIZE], size_t *size, struct tsk_fault *fault) {
  for (*size = 0; *size < TSK_SNIFF_SIZE;) {
    ssize_t got = read_some(pipeline, head + *size, TSK_SNIFF_SIZE - *size, fault);
    if (got < 0) return (int)got;
    if (got == 0) break;
    *size += (size_t)got;
  }
  pipeline->compression = tsk_sniff(head, *size);
  const char *unsupported = tsk_unsupported_name(pipeline->compression);
  if (unsupported == NULL) return 0;
  return tsk_fault(fault, TSKER_STAGE_INFLATE, -EOPNOTSUPP,
                   "the layer is compressed with %s, which is not supported: use gzip, zstd or a plain tar", unsupported);
}

static int open_rings(struct pipeline *pipeline, const uint8_t *head, size_t size, struct tsk_fault *fault) {
  bool plain = pipeline->compression == TSK_PLAIN;
  int error = tsk_ring_open(&pipeline->tar, 2);
  if (error == 0 && !plain) error = tsk_ring_open(&pipeline->packed, 1);
  if (error != 0) return tsk_fault(fault, TSKER_STAGE_READ, error, "out of memory");
  struct tsk_ring *first = plain ? &pipeline->tar : &pipeline->packed;
  memcpy(tsk_ring_reserve(first), head, size);
  if (!plain) tsk_digest_update(&pipeline->digest_in, head, size);
  tsk_ring_publish(first, size);
  return 0;
}

static void run_pipeline(struct pipeline *pipeline, struct tsk_unpack_totals *totals) {
  uint8_t head[TSK_SNIFF_SIZE];
  size_t size;
  struct tsk_fault fault = {0};
  int error = read_head(pipeline, head, &size, &fault);
  if (error == 0) error = open_rings(pipeline, head, size, &fault);
  stage_ended(pipeline, error, &fault);
  if (error == 0) run_stages(pipeline, totals);
  tsk_ring_close(&pipeline->packed);
  tsk_ring_close(&pipeline->tar);
}

static void report(struct pipeline *pipeline, const struct tsk_unpack_totals *totals,
                   struct tsker_extract_result *result) {
  bool plain = pipeline->compression == TSK_PLAIN;
  result->bytes_tar = pipeline->digest_tar.bytes;
  result->bytes_in = plain ? result->bytes_tar : pipeline->digest_in.bytes;
  result->size = totals->size;
  result->entries = totals->entries;
  tsk_digest_final(&pipeline->digest_tar, result->sha256_tar);
  tsk_digest_final(&pipeline->digest_in, result->sha256_in);
  if (plain) memcpy(result->sha256_in, result->sha256_tar, sizeof result->sha256_in);
  result->error = pipeline->fault.error;
  result->stage = pipeline->fault.stage;
  memcpy(result->message, pipeline->fault.message, sizeof result->message);
}

int tsk_extract(const struct tsk_extract_request *request, struct tsker_extract_result *result) {
  struct pipeline pipeline = {.request = request, .lock = PTHREAD_MUTEX_INITIALIZER};
  struct tsk_unpack_totals totals = {0};
  *result = (struct tsker_extract_result){0};
  tsk_digest_init(&pipeline.digest_in);
  tsk_digest_init(&pipeline.digest_tar);
  pipeline.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (pipeline.wake < 0) {
    tsk_fault(&pipeline.fault, TSKER_STAGE_READ, -errno, "out of descriptors");
  } else {
    unshare(CLONE_FS); /* the umask is then the thread's own */
    run_pipeline(&pipeline, &totals);
    close(pipeline.wake);
  }
  report(&pipeline, &totals, result);
  return result->error;
}
