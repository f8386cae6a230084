/* SPDX-License-Identifier: Apache-2.0
 *
 * See record.h. It runs in the thread that writes the files: what it adds is a copy of the headers and their compression.
 */
#include "layer/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "common/sys.h"
#include "layer/tar.h"

#define LEVEL 1 /* headers shrink to a tenth at any level */

struct tsk_record {
  int fd;
  ZSTD_CCtx *context;
  uint8_t *out;
  size_t out_capacity;
  const uint8_t *at, *end; /* the rest of the current piece */
  struct tsk_record_header header;
  struct tsk_record_mark run; /* of content, to be continued; kind 0: none */
  char run_name[TSK_TAR_PATH_MAX];
};

struct tsk_record *tsk_record_open(int fd) {
  struct tsk_record *record = calloc(1, sizeof *record);
  if (record == NULL) return NULL;
  record->fd = fd;
  record->out_capacity = ZSTD_CStreamOutSize();
  record->out = malloc(record->out_capacity);
  record->context = ZSTD_createCCtx();
  bool ready = record->out != NULL && record->context != NULL &&
               !ZSTD_isError(ZSTD_CCtx_setParameter(record->context, ZSTD_c_compressionLevel, LEVEL)) &&
               lseek(fd, sizeof record->header, SEEK_SET) >= 0;
  if (ready) return record;
  tsk_record_close(record);
  return NULL;
}

void tsk_record_close(struct tsk_record *record) {
  if (record == NULL) return;
  ZSTD_freeCCtx(record->context);
  free(record->out);
  free(record);
}

static int put(struct tsk_record *record, const void *data, size_t size, ZSTD_EndDirective end) {
  ZSTD_inBuffer in = {data, size, 0};
  size_t rest;
  do {
    ZSTD_outBuffer out = {record->out, record->out_capacity, 0};
    rest = ZSTD_compressStream2(record->context, &out, &in, end);
    if (ZSTD_isError(rest)) return -EIO;
    int error = out.pos > 0 ? tsk_write_all(record->fd, record->out, out.pos) : 0;
    if (error != 0) return error;
  } while (in.pos < in.size || (end == ZSTD_e_end && rest > 0));
  return 0;
}

static int put_run(struct tsk_record *record) {
  if (record->run.kind == 0) return 0;
  int error = put(record, &record->run, sizeof record->run, ZSTD_e_continue);
  if (error == 0) error = put(record, record->run_name, record->run.name_size, ZSTD_e_continue);
  record->run.kind = 0;
  return error;
}

/* Records the bytes from `at` up to `end` as they are. */
static int put_raw(struct tsk_record *record, const uint8_t *end) {
  size_t size = (size_t)(end - record->at);
  if (size == 0) return 0;
  struct tsk_record_mark mark = {.kind = TSK_RECORD_RAW, .size = size};
  int error = put_run(record);
  if (error == 0) error = put(record, &mark, sizeof mark, ZSTD_e_continue);
  if (error == 0) error = put(record, record->at, size, ZSTD_e_continue);
  record->at = end;
  return error;
}

int tsk_record_piece(struct tsk_record *record, const uint8_t *data, size_t size) {
  int error = record->at == NULL ? 0 : put_raw(record, record->end);
  record->at = data;
  record->end = data + size;
  record->header.bytes_tar += size;
  return error;
}

static bool continues(const struct tsk_record *record, const char *name, size_t length, uint64_t offset) {
  const struct tsk_record_mark *run = &record->run;
  return run->kind != 0 && run->offset + run->size == offset && run->name_size == length &&
         memcmp(record->run_name, name, length) == 0;
}

int tsk_record_content(struct tsk_record *record, const char *directory, const char *name, const uint8_t *data,
                       size_t size, uint64_t offset) {
  char path[TSK_TAR_PATH_MAX];
  int length = snprintf(path, sizeof path, "%s%s%s", directory, *directory != 0 ? "/" : "", name);
  if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
  int error = put_raw(record, data);
  if (error == 0 && !continues(record, path, (size_t)length, offset)) {
    error = put_run(record);
    record->run = (struct tsk_record_mark){.kind = TSK_RECORD_FILE, .name_size = (uint32_t)length, .offset = offset};
    memcpy(record->run_name, path, (size_t)length);
  }
  record->run.size += size;
  record->at = data + size;
  return error;
}

void tsk_record_spoil(struct tsk_record *record) { record->header.spoiled = 1; }

int tsk_record_finish(struct tsk_record *record) {
  struct tsk_record_mark end = {.kind = TSK_RECORD_END};
  int error = record->at == NULL ? 0 : put_raw(record, record->end);
  if (error == 0) error = put_run(record);
  if (error == 0) error = put(record, &end, sizeof end, ZSTD_e_end);
  if (error != 0) return error;
  struct tsk_record_header header = record->header;
  header.magic = TSK_RECORD_MAGIC;
  ssize_t written = pwrite(record->fd, &header, sizeof header, 0);
  return written == sizeof header ? 0 : written < 0 ? -errno : -EIO;
}
