/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader's state machine: blocks of the source become headers, and the data between them. Header contents are read in
 * tar_header.c, tar_pax.c and tar_sparse.c.
 */
#include "layer/tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layer/tar_internal.h"

#define PASS_MIN (64u << 10) /* below this, moving is no better than reading, with what comes next, and writing */
#define PASS_MAX (1u << 20)

struct tsk_tar *tsk_tar_open(struct tsk_source *source) {
  struct tsk_tar *tar = calloc(1, sizeof *tar);
  if (tar != NULL) tar->source = source;
  return tar;
}

void tsk_tar_close(struct tsk_tar *tar) {
  if (tar == NULL) return;
  free(tar->pax.body);
  free(tar->sparse.extents);
  free(tar);
}

int tar_invalid(struct tsk_tar *tar, struct tsk_fault *fault, const char *what) {
  return tsk_fault(fault, TSKER_STAGE_TAR, -EBADMSG, "invalid tar: %.300s%s%s", tar->path,
                   tar->path[0] != 0 ? ": " : "", what);
}

/* Makes `chunk` hold at least one byte: 1, 0 at the end of the source, or its errno. */
static int refill(struct tsk_tar *tar) {
  if (tar->chunk_size > 0) return 1;
  ssize_t got = tar->source->next(tar->source, &tar->chunk);
  if (got <= 0) return (int)got;
  tar->chunk_size = (size_t)got;
  return 1;
}

static void advance(struct tsk_tar *tar, size_t size) {
  tar->chunk += size;
  tar->chunk_size -= size;
}

int tar_read(struct tsk_tar *tar, void *out, size_t size, struct tsk_fault *fault) {
  for (size_t done = 0; done < size;) {
    int got = refill(tar);
    if (got < 0) return got;
    if (got == 0) return done == 0 ? 0 : tar_invalid(tar, fault, "truncated in a header");
    size_t piece = tar->chunk_size < size - done ? tar->chunk_size : size - done;
    memcpy((uint8_t *)out + done, tar->chunk, piece);
    advance(tar, piece);
    done += piece;
  }
  return 1;
}

/* Passes over bytes; 1, 0 when the source ended first, or an errno. */
static int skip(struct tsk_tar *tar, uint64_t size) {
  while (size > 0) {
    int got = refill(tar);
    if (got <= 0) return got;
    size_t piece = tar->chunk_size < size ? tar->chunk_size : (size_t)size;
    advance(tar, piece);
    size -= piece;
  }
  return 1;
}

static bool is_zero(const struct tar_header *header) {
  static const uint8_t zeros[TSK_TAR_BLOCK];
  return memcmp(header, zeros, sizeof zeros) == 0;
}

/* The next header: 1, 0 at the end of the archive (two blocks of zeros, or just the end of the source), or an errno. */
static int read_header(struct tsk_tar *tar, struct tar_header *header, struct tsk_fault *fault) {
  int got = tar_read(tar, header, sizeof *header, fault);
  if (got <= 0) return got;
  if (is_zero(header)) {
    got = tar_read(tar, header, sizeof *header, fault);
    if (got <= 0 || is_zero(header)) return got < 0 ? got : 0;
    return tar_invalid(tar, fault, "a block of zeros within the archive");
  }
  if (!tar_checksum_holds(header)) return tar_invalid(tar, fault, "the header's checksum does not match");
  return 1;
}

static int skip_to_header(struct tsk_tar *tar, struct tsk_fault *fault) {
  int got = skip(tar, tar->physical);
  if (got == 0) return tar_invalid(tar, fault, "truncated in the data of an entry");
  if (got < 0) return got;
  tar->physical = 0;
  got = skip(tar, tar->padding); /* some writers leave out the last padding; the next read sees the end */
  tar->padding = 0;
  return got < 0 ? got : 1;
}

static uint32_t padding_of(uint64_t size) { return (uint32_t)(-size % TSK_TAR_BLOCK); }

/* The whole data of a special entry into a buffer, with a NUL behind it. */
static int read_special(struct tsk_tar *tar, void *out, size_t size, struct tsk_fault *fault) {
  int got = size > 0 ? tar_read(tar, out, size, fault) : 1;
  if (got > 0) got = skip(tar, padding_of(size));
  if (got == 0) return tar_invalid(tar, fault, "truncated in a header");
  if (got < 0) return got;
  ((uint8_t *)out)[size] = 0;
  return 0;
}

static int read_pax(struct tsk_tar *tar, size_t size, struct tsk_fault *fault) {
  struct tar_pax *pax = &tar->pax;
  if (size + 1 > pax->capacity) {
    uint8_t *grown = realloc(pax->body, size + 1);
    if (grown == NULL) return tsk_fault(fault, TSKER_STAGE_TAR, -ENOMEM, "out of memory");
    pax->body = grown;
    pax->capacity = size + 1;
  }
  int error = read_special(tar, pax->body, size, fault);
  return error != 0 ? error : tar_pax_parse(pax, size, &tar->sparse, fault);
}

static int read_long(struct tsk_tar *tar, char out[TSK_TAR_PATH_MAX], size_t size, struct tsk_fault *fault) {
  char text[TSK_TAR_PATH_MAX + 1];
  if (size > TSK_TAR_PATH_MAX) return tar_invalid(tar, fault, "a name is longer than 4095 bytes");
  int error = read_special(tar, text, size, fault);
  if (error != 0) return error;
  if (strlen(text) >= TSK_TAR_PATH_MAX) return tar_invalid(tar, fault, "a name is longer than 4095 bytes");
  strcpy(out, text);
  return 0;
}

/* Takes in an entry that only describes the next one. 1 when `header` is one, 0 when not, or an errno. */
static int read_if_special(struct tsk_tar *tar, const struct tar_header *header, struct tsk_fault *fault) {
  if (header->type == 0 || strchr("xgLK", header->type) == NULL) return 0;
  int64_t size;
  if (!tar_number(header->size, sizeof header->size, &size) || size < 0 || size > (int64_t)TSK_TAR_SPECIAL_MAX)
    return tar_invalid(tar, fault, "an extended header is too large");
  int error;
  if (header->type == 'x') {
    error = read_pax(tar, (size_t)size, fault);
  } else if (header->type == 'L') {
    tar->has_long_name = true;
    error = read_long(tar, tar->long_name, (size_t)size, fault);
  } else if (header->type == 'K') {
    tar->has_long_link = true;
    error = read_long(tar, tar->long_link, (size_t)size, fault);
  } else {
    /* Global headers are passed over, as every engine does: what they would change is identified by diff ids that
     * other engines computed without them. git-archive writes one with its commit. */
    tar->physical = (uint64_t)size;
    tar->padding = padding_of(tar->physical);
    error = skip_to_header(tar, fault);
  }
  return error < 0 ? error : 1;
}

int tsk_tar_next(struct tsk_tar *tar, struct tsk_tar_entry **entry, struct tsk_fault *fault) {
  int got = skip_to_header(tar, fault);
  if (got < 0) return got;
  tar_pax_reset(&tar->pax);
  tar->has_long_name = tar->has_long_link = false;
  tar->sparse.count = 0;
  tar->path[0] = 0;

  struct tar_header header;
  bool special = false;
  do {
    got = read_header(tar, &header, fault);
    if (got == 0 && special) return tar_invalid(tar, fault, "truncated after an extended header");
    if (got <= 0) return got;
    got = read_if_special(tar, &header, fault);
    if (got < 0) return got;
    special = special || (got > 0 && header.type != 'g');
  } while (got > 0);

  uint64_t size;
  int error = tar_describe(tar, &header, &size, fault);
  if (error != 0) return error;
  tar->physical = size;
  tar->padding = padding_of(size);
  error = tar_sparse_load(tar, &header, fault);
  if (error != 0) return error;
  tar->extent = 0;
  tar->extent_done = 0;
  tar->position = 0;
  *entry = &tar->entry;
  return 1;
}

void tsk_tar_pass(struct tsk_tar *tar, int fd) {
  struct tsk_source *source = tar->source;
  if (source->pass == NULL || tar->entry.sparse) return;
  while (tar->chunk_size == 0 && tar->physical >= PASS_MIN) {
    size_t size = tar->physical < PASS_MAX ? (size_t)tar->physical : PASS_MAX;
    size_t moved = source->pass(source, fd, tar->position, size);
    if (moved == 0) return;
    tar->physical -= moved;
    tar->position += moved;
  }
}

int tsk_tar_data(struct tsk_tar *tar, const uint8_t **data, size_t *length, uint64_t *offset, struct tsk_fault *fault) {
  if (tar->physical == 0) return 0;
  int got = refill(tar);
  if (got < 0) return got;
  if (got == 0) return tar_invalid(tar, fault, "truncated in the data of an entry");
  uint64_t limit = tar->physical;
  *offset = tar->position;
  if (tar->entry.sparse) {
    while (tar->extent_done == tar->sparse.extents[tar->extent].length) tar->extent++, tar->extent_done = 0;
    const struct tsk_tar_extent *extent = &tar->sparse.extents[tar->extent];
    limit = extent->length - tar->extent_done;
    *offset = extent->offset + tar->extent_done;
  }
  *data = tar->chunk;
  *length = tar->chunk_size < limit ? tar->chunk_size : (size_t)limit;
  advance(tar, *length);
  tar->physical -= *length;
  tar->position += *length;
  tar->extent_done += *length;
  return 1;
}
