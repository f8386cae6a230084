/* SPDX-License-Identifier: Apache-2.0
 *
 * Compresses a log that was put away, by ISA-L at its fast level. The gzip header's extra field tells the time of the last
 * record in the words of Docker's, so that readers who want newer ones need not look inside.
 */
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/pump_sink.h"

enum { PIECE = 256 << 10, HEADER_MAX = 128, LEVEL = 1, LEVEL_BUFFER = ISAL_DEF_LVL1_DEFAULT };

struct job {
  struct isal_zstream stream;
  uint8_t level[LEVEL_BUFFER];
  uint8_t in[PIECE];
  uint8_t out[PIECE];
};

/* RFC 1952 with FEXTRA: magic, deflate, flags, no time, fastest, Unix. */
static int write_header(int target, const struct timespec *last) {
  uint8_t header[HEADER_MAX] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 4, 3};
  char *extra = (char *)header + 12;
  struct tm utc;
  int size;
  gmtime_r(&last->tv_sec, &utc);
  size = snprintf(extra, HEADER_MAX - 12, "{\"lastTime\":\"%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ\"}", (utc.tm_year + 1900) % 10000,
                  utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, last->tv_nsec);
  header[10] = (uint8_t)size;
  return tsk_write_all(target, header, 12 + (size_t)size);
}

static int deflate_piece(struct job *job, int target) {
  struct isal_zstream *stream = &job->stream;
  do {
    int error;
    stream->next_out = job->out;
    stream->avail_out = PIECE;
    if (isal_deflate(stream) != COMP_OK)
      return -EIO;
    if ((error = tsk_write_all(target, job->out, PIECE - stream->avail_out)) < 0)
      return error;
  } while (stream->avail_in > 0 || stream->avail_out == 0 ||
           (stream->end_of_stream && stream->internal_state.state != ZSTATE_END));
  return 0;
}

static int run(struct job *job, int source, int target) {
  struct isal_zstream *stream = &job->stream;
  isal_deflate_init(stream);
  stream->level = LEVEL;
  stream->level_buf = job->level;
  stream->level_buf_size = LEVEL_BUFFER;
  stream->gzip_flag = IGZIP_GZIP_NO_HDR;
  while (!stream->end_of_stream) {
    ssize_t n = read(source, job->in, PIECE);
    int error;
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -errno;
    stream->next_in = job->in;
    stream->avail_in = (uint32_t)n;
    stream->end_of_stream = n == 0;
    if ((error = deflate_piece(job, target)) < 0)
      return error;
  }
  return 0;
}

int32_t tsk_gzip(int source, int target, const struct timespec *last) {
  struct job *job = malloc(sizeof *job);
  int32_t error;
  if (job == NULL)
    return -ENOMEM;
  error = write_header(target, last);
  if (error == 0)
    error = run(job, source, target);
  free(job);
  return error;
}
