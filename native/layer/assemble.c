/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_job_assemble: a layer's tar, byte for byte as it came, from its recording and the unpacked files. Whether it is
 * the same is for the caller to see by the digest: files may have been changed behind our back.
 */
#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "common/sys.h"
#include "layer/digest.h"
#include "layer/fault.h"
#include "layer/record.h"
#include "layer/tar.h"
#include "lib/internal.h"

enum { PIECE = 256 << 10, LEVEL = 1, LEVEL_BUFFER = ISAL_DEF_LVL1_LARGE };

struct assembly {
  struct tsk_job *job;
  int record, tree, out;
  bool gzip;
  /* input */
  ZSTD_DCtx *context;
  uint8_t packed[PIECE];
  ZSTD_inBuffer in;
  /* the file whose content was copied last */
  int file;
  char file_name[TSK_TAR_PATH_MAX];
  /* output */
  uint8_t piece[PIECE];
  struct isal_zstream stream;
  uint8_t level[LEVEL_BUFFER];
  uint8_t deflated[PIECE];
  struct tsk_digest digest_tar, digest_out;
  struct tsk_fault fault;
};

static int unreadable(struct assembly *assembly, int error, const char *why) {
  return tsk_fault(&assembly->fault, TSKER_STAGE_READ, error, "cannot read the recording of the layer: %s", why);
}

/* ---- output ---- */

/* Blocks while nobody reads; whoever reads no more closes the other end. */
static int write_out(struct assembly *assembly, const uint8_t *data, size_t size) {
  struct pollfd polled[2] = {
      {.fd = assembly->out, .events = POLLOUT},
      {.fd = tsk_job_cancel_fd(assembly->job), .events = POLLIN},
  };
  while (size > 0) {
    if (poll(polled, 2, -1) < 0 && errno != EINTR) return -errno;
    if (tsk_job_cancelled(assembly->job)) return tsk_fault(&assembly->fault, TSKER_STAGE_WRITE, -ECANCELED, "cancelled");
    ssize_t done = write(assembly->out, data, size);
    if (done < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (done < 0) return tsk_fault(&assembly->fault, TSKER_STAGE_WRITE, -errno, "cannot write: %s", strerror(errno));
    data += done;
    size -= (size_t)done;
  }
  return 0;
}

static int deflate_out(struct assembly *assembly, const uint8_t *data, size_t size, bool end) {
  struct isal_zstream *stream = &assembly->stream;
  stream->next_in = (uint8_t *)data;
  stream->avail_in = (uint32_t)size;
  stream->end_of_stream = end;
  do {
    stream->next_out = assembly->deflated;
    stream->avail_out = PIECE;
    if (isal_deflate(stream) != COMP_OK) return -EIO;
    size_t got = PIECE - stream->avail_out;
    tsk_digest_update(&assembly->digest_out, assembly->deflated, got);
    int error = write_out(assembly, assembly->deflated, got);
    if (error != 0) return error;
  } while (stream->avail_in > 0 || stream->avail_out == 0 || (end && stream->internal_state.state != ZSTATE_END));
  return 0;
}

static int emit(struct assembly *assembly, const uint8_t *data, size_t size) {
  tsk_digest_update(&assembly->digest_tar, data, size);
  return assembly->gzip ? deflate_out(assembly, data, size, false) : write_out(assembly, data, size);
}

/* ---- input ---- */

static int refill(struct assembly *assembly) {
  ssize_t got;
  do got = read(assembly->record, assembly->packed, PIECE);
  while (got < 0 && errno == EINTR);
  if (got < 0) return unreadable(assembly, -errno, strerror(errno));
  if (got == 0) return unreadable(assembly, -EBADMSG, "it is cut off");
  assembly->in = (ZSTD_inBuffer){assembly->packed, (size_t)got, 0};
  return 0;
}

static int take(struct assembly *assembly, void *to, size_t size) {
  ZSTD_outBuffer out = {to, size, 0};
  while (out.pos < out.size) {
    size_t before = out.pos;
    size_t result = ZSTD_decompressStream(assembly->context, &out, &assembly->in);
    if (ZSTD_isError(result)) return unreadable(assembly, -EBADMSG, ZSTD_getErrorName(result));
    if (out.pos > before) continue;
    int error = assembly->in.pos < assembly->in.size ? 0 : refill(assembly);
    if (error != 0) return error;
  }
  return 0;
}

static int copy_raw(struct assembly *assembly, uint64_t size) {
  while (size > 0) {
    size_t piece = size < PIECE ? (size_t)size : PIECE;
    int error = take(assembly, assembly->piece, piece);
    if (error == 0) error = emit(assembly, assembly->piece, piece);
    if (error != 0) return error;
    size -= piece;
  }
  return 0;
}

static int file_failed(struct assembly *assembly, int error, const char *why) {
  return tsk_fault(&assembly->fault, TSKER_STAGE_READ, error, "the layer's file %.300s: %s", assembly->file_name, why);
}

/* Links in the way are followed as they were when the layer was unpacked, within the tree. */
static int open_file(struct assembly *assembly, const char *name) {
  if (assembly->file >= 0 && strcmp(name, assembly->file_name) == 0) return 0;
  struct tsk_open_how how = {
      .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
      .resolve = TSK_RESOLVE_IN_ROOT | TSK_RESOLVE_NO_MAGICLINKS,
  };
  if (assembly->file >= 0) close(assembly->file);
  strcpy(assembly->file_name, name);
  do assembly->file = tsk_openat2(assembly->tree, name, &how);
  while (assembly->file == -EAGAIN && !tsk_job_cancelled(assembly->job));
  return assembly->file < 0 ? file_failed(assembly, assembly->file, strerror(-assembly->file)) : 0;
}

static int copy_file(struct assembly *assembly, const struct tsk_record_mark *mark) {
  char name[TSK_TAR_PATH_MAX];
  if (mark->name_size >= sizeof name) return unreadable(assembly, -EBADMSG, "a name is too long");
  int error = take(assembly, name, mark->name_size);
  name[mark->name_size] = 0;
  if (error == 0) error = open_file(assembly, name);
  for (uint64_t done = 0; error == 0 && done < mark->size;) {
    size_t piece = mark->size - done < PIECE ? (size_t)(mark->size - done) : PIECE;
    ssize_t got = pread(assembly->file, assembly->piece, piece, (off_t)(mark->offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return file_failed(assembly, got < 0 ? -errno : -EBADMSG, got < 0 ? strerror(errno) : "it was cut off");
    error = emit(assembly, assembly->piece, (size_t)got);
    done += (uint64_t)got;
  }
  return error;
}

static int read_header(struct assembly *assembly) {
  struct tsk_record_header header;
  ssize_t got = read(assembly->record, &header, sizeof header);
  if (got != sizeof header || header.magic != TSK_RECORD_MAGIC) return unreadable(assembly, -EBADMSG, "it is none");
  if (header.spoiled == 0) return 0;
  return tsk_fault(&assembly->fault, TSKER_STAGE_TAR, -EOPNOTSUPP,
                   "the layer's archive had a file twice, and only the last one is kept: it cannot be written again");
}

static int run(struct assembly *assembly) {
  struct tsk_record_mark mark;
  int error = read_header(assembly);
  while (error == 0 && (error = take(assembly, &mark, sizeof mark)) == 0) {
    if (mark.kind == TSK_RECORD_END) return assembly->gzip ? deflate_out(assembly, NULL, 0, true) : 0;
    if (mark.kind == TSK_RECORD_RAW) error = copy_raw(assembly, mark.size);
    else if (mark.kind == TSK_RECORD_FILE) error = copy_file(assembly, &mark);
    else error = unreadable(assembly, -EBADMSG, "an unknown record");
  }
  return error;
}

/* ---- the job ---- */

struct task {
  int record, tree, out;
  uint32_t flags;
};

static void free_task(struct task *task) {
  if (task->record >= 0) close(task->record);
  if (task->tree >= 0) close(task->tree);
  close(task->out);
  free(task);
}

static void prepare(struct assembly *assembly, struct tsk_job *job, const struct task *task) {
  assembly->job = job;
  assembly->record = task->record;
  assembly->tree = task->tree;
  assembly->out = task->out;
  assembly->gzip = (task->flags & TSKER_ASSEMBLE_GZIP) != 0;
  assembly->file = -1;
  tsk_digest_init(&assembly->digest_tar);
  tsk_digest_init(&assembly->digest_out);
  isal_deflate_init(&assembly->stream);
  assembly->stream.level = LEVEL;
  assembly->stream.level_buf = assembly->level;
  assembly->stream.level_buf_size = LEVEL_BUFFER;
  assembly->stream.gzip_flag = IGZIP_GZIP;
}

static void report(struct assembly *assembly, int error, struct tsker_extract_result *result) {
  *result = (struct tsker_extract_result){.error = error, .stage = assembly->fault.stage};
  result->bytes_tar = assembly->digest_tar.bytes;
  result->bytes_in = assembly->gzip ? assembly->digest_out.bytes : assembly->digest_tar.bytes;
  tsk_digest_final(&assembly->digest_tar, result->sha256_tar);
  tsk_digest_final(&assembly->digest_out, result->sha256_in);
  if (!assembly->gzip) memcpy(result->sha256_in, result->sha256_tar, sizeof result->sha256_in);
  memcpy(result->message, assembly->fault.message, sizeof result->message);
}

static void work(struct tsk_job *job) {
  struct task *task = job->arg;
  struct assembly *assembly = calloc(1, sizeof *assembly);
  struct tsker_extract_result *result = malloc(sizeof *result);
  if (assembly != NULL && result != NULL && (assembly->context = ZSTD_createDCtx()) != NULL) {
    prepare(assembly, job, task);
    int error = run(assembly);
    if (assembly->file >= 0) close(assembly->file);
    report(assembly, error, result);
    job->error = result->error;
    job->stage = result->stage;
    tsk_job_set_result(job, result, sizeof *result);
    result = NULL;
  } else {
    job->error = -ENOMEM;
    job->stage = TSKER_STAGE_READ;
  }
  if (assembly != NULL) ZSTD_freeDCtx(assembly->context);
  free(assembly);
  free(result);
  free_task(task);
}

int32_t tsker_job_assemble(uint64_t id, const char *record, const char *tree, int32_t fd, uint32_t flags) {
  struct task *task = malloc(sizeof *task);
  if (task == NULL) {
    if (fd >= 0) close(fd);
    return -ENOMEM;
  }
  *task = (struct task){.record = -1, .tree = -1, .out = fd, .flags = flags};
  int32_t error = record != NULL && tree != NULL && (flags & ~TSKER_ASSEMBLE_GZIP) == 0 ? 0 : -EINVAL;
  if (error == 0 && (task->record = open(record, O_RDONLY | O_CLOEXEC)) < 0) error = -errno;
  if (error == 0 && (task->tree = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) error = -errno;
  if (error == 0) error = tsk_job_submit_long(id, work, task);
  if (error < 0) free_task(task);
  return error < 0 ? error : 0;
}
