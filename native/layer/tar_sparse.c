/* SPDX-License-Identifier: Apache-2.0
 *
 * Sparse files: the old GNU form (type S, map in the header) and GNU's pax forms 0.0, 0.1 (map in the pax header) and
 * 1.0 (map before the data). All become one checked list of extents.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layer/tar_internal.h"

int tar_sparse_add(struct tar_sparse *sparse, uint64_t offset, uint64_t length, struct tsk_fault *fault) {
  if (sparse->count == TSK_TAR_SPARSE_MAX)
    return tsk_fault(fault, TSKER_STAGE_TAR, -E2BIG, "invalid tar: a sparse file has more than %u extents",
                     TSK_TAR_SPARSE_MAX);
  if (sparse->count == sparse->capacity) {
    size_t capacity = sparse->capacity == 0 ? 64 : sparse->capacity * 2;
    struct tsk_tar_extent *grown = realloc(sparse->extents, capacity * sizeof *grown);
    if (grown == NULL) return tsk_fault(fault, TSKER_STAGE_TAR, -ENOMEM, "out of memory");
    sparse->extents = grown;
    sparse->capacity = capacity;
  }
  sparse->extents[sparse->count++] = (struct tsk_tar_extent){offset, length};
  return 0;
}

/* One "offset, length" of the old form; false at the end of the list. */
static int add_field(struct tsk_tar *tar, const struct tar_sparse_field *field, bool *more, struct tsk_fault *fault) {
  int64_t offset;
  int64_t length;
  *more = field->offset[0] != 0 && field->length[0] != 0;
  if (!*more) return 0;
  if (!tar_number(field->offset, 12, &offset) || !tar_number(field->length, 12, &length) || offset < 0 || length < 0)
    return tar_invalid(tar, fault, "invalid sparse map");
  return tar_sparse_add(&tar->sparse, (uint64_t)offset, (uint64_t)length, fault);
}

static int load_old(struct tsk_tar *tar, const struct tar_header *header, struct tsk_fault *fault) {
  int64_t real;
  if (tar_format_of(header) != FORMAT_GNU || !tar_number(header->gnu.real_size, 12, &real) || real < 0)
    return tar_invalid(tar, fault, "invalid sparse file");
  tar->entry.size = (uint64_t)real;
  tar->sparse.count = 0;
  bool more = true;
  int error = 0;
  for (size_t i = 0; error == 0 && more && i < 4; i++) error = add_field(tar, &header->gnu.sparse[i], &more, fault);
  bool extended = header->gnu.extended != 0;
  while (error == 0 && extended) {
    struct tar_sparse_block block;
    error = tar_read(tar, &block, sizeof block, fault);
    if (error == 0) return tar_invalid(tar, fault, "truncated in a sparse map");
    if (error < 0) return error;
    error = 0;
    more = true;
    for (size_t i = 0; error == 0 && more && i < 21; i++) error = add_field(tar, &block.sparse[i], &more, fault);
    extended = block.extended != 0;
  }
  return error;
}

/* The text of a 1.0 map: decimals, each ended by a newline, in blocks that count as data of the entry. */
struct map_text {
  char block[TSK_TAR_BLOCK];
  size_t at;
};

static int map_number(struct tsk_tar *tar, struct map_text *text, uint64_t *value, struct tsk_fault *fault) {
  char digits[20];
  for (size_t count = 0; count < sizeof digits;) {
    if (text->at == TSK_TAR_BLOCK) {
      if (tar->physical < TSK_TAR_BLOCK) return tar_invalid(tar, fault, "truncated sparse map");
      int got = tar_read(tar, text->block, TSK_TAR_BLOCK, fault);
      if (got < 0) return got;
      if (got == 0) return tar_invalid(tar, fault, "truncated in a sparse map");
      tar->physical -= TSK_TAR_BLOCK;
      text->at = 0;
    }
    char c = text->block[text->at++];
    if (c == '\n') return tar_decimal(digits, count, value) ? 0 : tar_invalid(tar, fault, "invalid sparse map");
    digits[count++] = c;
  }
  return tar_invalid(tar, fault, "invalid sparse map");
}

static int load_1_0(struct tsk_tar *tar, struct tsk_fault *fault) {
  struct map_text text = {.at = TSK_TAR_BLOCK};
  uint64_t count;
  int error = map_number(tar, &text, &count, fault);
  tar->sparse.count = 0;
  while (error == 0 && count-- > 0) {
    uint64_t offset = 0;
    uint64_t length = 0;
    error = map_number(tar, &text, &offset, fault);
    if (error == 0) error = map_number(tar, &text, &length, fault);
    if (error == 0) error = tar_sparse_add(&tar->sparse, offset, length, fault);
  }
  return error;
}

/* Extents ascend, do not overlap, end within the file, and are together the data that the archive holds. */
static bool is_consistent(const struct tsk_tar *tar) {
  uint64_t end = 0;
  uint64_t data = 0;
  for (size_t i = 0; i < tar->sparse.count; i++) {
    const struct tsk_tar_extent *extent = &tar->sparse.extents[i];
    if (extent->offset < end || extent->length > (uint64_t)INT64_MAX - extent->offset) return false;
    end = extent->offset + extent->length;
    data += extent->length;
    if (end > tar->entry.size) return false;
  }
  return data == tar->physical;
}

/* GNU tar leaves the version out of 0.x; a version nobody knows is taken for a plain file, as in Go. */
static bool has_pax_map(const struct tar_pax *pax, bool *is_1_0) {
  *is_1_0 = pax->sparse_major == 1 && pax->sparse_minor == 0;
  if (*is_1_0) return true;
  bool is_0 = pax->sparse_major == 0 && (pax->sparse_minor == 0 || pax->sparse_minor == 1);
  bool unversioned = pax->sparse_major < 0 && pax->sparse_minor < 0;
  return pax->has_sparse_map && (is_0 || unversioned);
}

int tar_sparse_load(struct tsk_tar *tar, const struct tar_header *header, struct tsk_fault *fault) {
  bool is_1_0;
  int error;
  if (header->type == 'S') {
    error = load_old(tar, header, fault);
  } else if (tar->entry.type == TSK_TAR_FILE && has_pax_map(&tar->pax, &is_1_0)) {
    if (tar->pax.has_sparse_size) tar->entry.size = tar->pax.sparse_size;
    error = is_1_0 ? load_1_0(tar, fault) : 0;
  } else {
    return 0;
  }
  if (error != 0) return error;
  tar->entry.sparse = true;
  return is_consistent(tar) ? 0 : tar_invalid(tar, fault, "the sparse map does not fit the file");
}
