/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream of an archive that is placed. A plain one is read by the placing thread itself, for who sends it works at the
 * same time; a compressed one goes through two threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/place_internal.h"

/* ---- the descriptor ---- */

/* Waits until there is something to read; a file always has. */
static int wait_readable(const struct place_feed *feed, struct tsk_fault *fault) {
  struct pollfd polled[3] = {
      {.fd = feed->fd, .events = POLLIN},
      {.fd = feed->cancel->fd, .events = POLLIN},
      {.fd = feed->wake, .events = POLLIN},
  };
  if (poll(polled, 3, -1) < 0 && errno != EINTR)
    return tsk_fault(fault, TSKER_STAGE_READ, -errno, "cannot wait for the archive: %s", strerror(errno));
  if (polled[1].revents != 0 || tsk_cancel_asked(feed->cancel))
    return tsk_fault(fault, TSKER_STAGE_READ, -ECANCELED, "cancelled");
  return polled[2].revents != 0 ? -ECANCELED : 0;
}

/* Bytes read, 0 at the end, or a negative errno. */
static ssize_t read_some(const struct place_feed *feed, uint8_t *out, size_t size, struct tsk_fault *fault) {
  for (;;) {
    int error = wait_readable(feed, fault);
    if (error != 0) return error;
    ssize_t got = read(feed->fd, out, size);
    if (got >= 0) return got;
    if (errno != EINTR && errno != EAGAIN)
      return tsk_fault(fault, TSKER_STAGE_READ, -errno, "cannot read the archive: %s", strerror(errno));
  }
}

/* ---- plain ---- */

static ssize_t next_read(struct tsk_source *source, const uint8_t **data) {
  struct place_feed *feed = (struct place_feed *)source;
  ssize_t size = (ssize_t)feed->head;
  *data = feed->buffer;
  if (feed->passage.held > 0) {
    ssize_t got = tsk_passage_read(&feed->passage, feed->buffer, TSK_RING_SLOT_SIZE);
    return got < 0 ? -errno : got;
  }
  if (size == 0) return read_some(feed, feed->buffer, TSK_RING_SLOT_SIZE, feed->fault);
  feed->head = 0;
  return size;
}

/* From a pipe, whose pages may be a file's: they are copied once instead of twice. What the file does not take, because its
 * file system cannot or has no room, is read after all, and written in the plain way: that tells what is wrong. */
static size_t pass(struct tsk_source *source, int fd, uint64_t offset, size_t size) {
  struct place_feed *feed = (struct place_feed *)source;
  struct tsk_fault ignored = {.error = 0};
  off_t at = (off_t)offset;
  if (feed->head > 0 || feed->passage.held > 0 || wait_readable(feed, &ignored) != 0) return 0;
  if (tsk_passage_take(&feed->passage, feed->fd, NULL, size) <= 0) return 0;
  size_t passed = 0;
  ssize_t moved;
  while ((moved = tsk_passage_give(&feed->passage, fd, &at, feed->passage.held)) > 0) passed += (size_t)moved;
  return passed;
}

/* ---- compressed ---- */

static ssize_t next_inflated(struct tsk_source *source, const uint8_t **data) {
  struct place_feed *feed = (struct place_feed *)source;
  if (tsk_cancel_asked(feed->cancel)) return tsk_fault(feed->fault, TSKER_STAGE_READ, -ECANCELED, "cancelled");
  if (feed->holding) tsk_ring_release(&feed->plain, 0);
  ssize_t size = tsk_ring_peek(&feed->plain, 0, data);
  feed->holding = size > 0;
  return size;
}

/* A stage that ended well ends its ring; one that failed stops both. */
static void stage_ended(struct place_feed *feed, struct tsk_ring *ring, int error) {
  if (error == 0) {
    tsk_ring_end(ring);
    return;
  }
  tsk_ring_stop(&feed->packed);
  tsk_ring_stop(&feed->plain);
  eventfd_write(feed->wake, 1);
}

static void *reader(void *context) {
  struct place_feed *feed = context;
  ssize_t got;
  do {
    uint8_t *out = tsk_ring_reserve(&feed->packed);
    got = out == NULL ? -ECANCELED : read_some(feed, out, TSK_RING_SLOT_SIZE, &feed->reader_fault);
    if (got > 0) tsk_ring_publish(&feed->packed, (size_t)got);
  } while (got > 0);
  stage_ended(feed, &feed->packed, (int)got);
  return NULL;
}

static void *inflater(void *context) {
  struct place_feed *feed = context;
  int error = tsk_inflate(feed->compression, &feed->packed, &feed->plain, &feed->inflater_fault);
  stage_ended(feed, &feed->plain, error);
  return NULL;
}

static int start(struct place_feed *feed, pthread_t *thread, void *(*run)(void *)) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all); /* signals are the event loop's */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(thread, NULL, run, feed);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error == 0) feed->threads++;
  return -error;
}

static int open_threads(struct place_feed *feed) {
  int error = tsk_ring_open(&feed->packed, 1);
  if (error == 0) error = tsk_ring_open(&feed->plain, 1);
  if (error != 0) return error;
  memcpy(tsk_ring_reserve(&feed->packed), feed->buffer, feed->head);
  tsk_ring_publish(&feed->packed, feed->head);
  feed->source = (struct tsk_source){.next = next_inflated};
  error = start(feed, &feed->reader, reader);
  if (error == 0) error = start(feed, &feed->inflater, inflater);
  return error;
}

/* ---- */

/* Of a plain stream; without a passage its bytes are read. */
static void open_passage(struct place_feed *feed) {
  struct stat status;
  if (tsk_fstat(feed->fd, &status) != 0 || !S_ISFIFO(status.st_mode)) return;
  if (tsk_passage_open(&feed->passage, feed->fd) == 0) feed->source.pass = pass;
}

/* What decides on the compression; a stream may be shorter. */
static int read_head(struct place_feed *feed) {
  while (feed->head < TSK_SNIFF_SIZE) {
    ssize_t got = read_some(feed, feed->buffer + feed->head, TSK_SNIFF_SIZE - feed->head, feed->fault);
    if (got < 0) return (int)got;
    if (got == 0) break;
    feed->head += (size_t)got;
  }
  feed->compression = tsk_sniff(feed->buffer, feed->head);
  const char *unsupported = tsk_unsupported_name(feed->compression);
  if (unsupported == NULL) return 0;
  return tsk_fault(feed->fault, TSKER_STAGE_INFLATE, -EOPNOTSUPP,
                   "the archive is compressed with %s, which is not supported: use gzip, zstd or a plain tar", unsupported);
}

int place_feed_open(struct place_feed *feed, const struct tsk_place_request *request, struct tsk_fault *fault) {
  *feed = (struct place_feed){.fd = request->fd, .cancel = &request->cancel, .fault = fault};
  feed->passage = TSK_PASSAGE_CLOSED;
  feed->source = (struct tsk_source){.next = next_read};
  feed->buffer = malloc(TSK_RING_SLOT_SIZE);
  feed->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int error = feed->wake < 0 ? -errno : feed->buffer == NULL ? -ENOMEM : 0;
  if (error == 0) error = read_head(feed);
  if (error == 0 && feed->compression != TSK_PLAIN) error = open_threads(feed);
  if (error == 0 && feed->compression == TSK_PLAIN) open_passage(feed);
  return error == 0 ? 0 : tsk_fault(fault, TSKER_STAGE_READ, error, "cannot read the archive: %s", strerror(-error));
}

int place_feed_drain(struct place_feed *feed) {
  const uint8_t *data;
  ssize_t got;
  do got = feed->source.next(&feed->source, &data);
  while (got > 0);
  return (int)got;
}

void place_feed_close(struct place_feed *feed) {
  if (feed->threads > 0) stage_ended(feed, NULL, -ECANCELED);
  if (feed->threads > 1) pthread_join(feed->inflater, NULL);
  if (feed->threads > 0) pthread_join(feed->reader, NULL);
  if (feed->fault->error == 0 && feed->inflater_fault.error != 0) *feed->fault = feed->inflater_fault;
  if (feed->fault->error == 0 && feed->reader_fault.error != 0) *feed->fault = feed->reader_fault;
  tsk_ring_close(&feed->packed);
  tsk_ring_close(&feed->plain);
  tsk_passage_close(&feed->passage);
  if (feed->wake >= 0) close(feed->wake);
  free(feed->buffer);
}
