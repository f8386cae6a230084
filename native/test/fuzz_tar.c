/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of the tar reader. First byte: how many bytes the source gives out at a time. The checksum of headers is put
 * right first, because no fuzzer finds one; every name, xattr and byte of data that comes out is read to its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layer/path.h"
#include "layer/tar_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

struct source {
  struct tsk_source source;
  const uint8_t *bytes;
  size_t size, step;
};

static ssize_t next(struct tsk_source *source, const uint8_t **data) {
  struct source *self = (struct source *)source;
  size_t size = self->size < self->step ? self->size : self->step;
  *data = self->bytes;
  self->bytes += size;
  self->size -= size;
  return (ssize_t)size;
}

/* Every block that claims to be a header (the checksum's last two bytes are NUL and blank) gets a right checksum. */
static void fix_checksums(uint8_t *bytes, size_t size) {
  for (size_t at = 0; at + TSK_TAR_BLOCK <= size; at += TSK_TAR_BLOCK) {
    uint8_t *block = bytes + at;
    if (block[154] != 0 || block[155] != ' ') continue;
    unsigned sum = 0;
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < TSK_TAR_BLOCK; i++) sum += block[i];
    snprintf((char *)block + 148, 8, "%06o", sum & 0777777u);
    block[155] = ' ';
  }
}

static void read_entry(struct tsk_tar *tar, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  char clean[2 * TSK_TAR_PATH_MAX];
  const uint8_t *data;
  size_t length;
  uint64_t offset;
  uint64_t end = 0;
  if (strlen(entry->path) >= TSK_TAR_PATH_MAX || strlen(entry->link) >= TSK_TAR_PATH_MAX) abort();
  if (tsk_path_clean(entry->path, clean) == 0 && (clean[0] == '/' || strncmp(clean, "../", 3) == 0)) abort();
  for (size_t i = 0; i < entry->xattr_count; i++) {
    sink += strlen(entry->xattrs[i].name);
    for (size_t j = 0; j < entry->xattrs[i].size; j++) sink += entry->xattrs[i].value[j];
  }
  while (tsk_tar_data(tar, &data, &length, &offset, fault) > 0) {
    if (offset < end || length == 0 || offset + length > entry->size) abort();
    end = offset + length;
    sink += data[0] + data[length - 1];
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  uint8_t *copy = malloc(size > 1 ? size - 1 : 1); /* of its own size, for the sanitizer */
  if (copy == NULL) return 0;
  memcpy(copy, data + 1, size - 1);
  fix_checksums(copy, size - 1);
  struct source source = {.source.next = next, .bytes = copy, .size = size - 1, .step = (size_t)data[0] * 8 + 1};
  struct tsk_tar *tar = tsk_tar_open(&source.source);
  struct tsk_tar_entry *entry;
  struct tsk_fault fault = {0};
  int got;
  while (tar != NULL && (got = tsk_tar_next(tar, &entry, &fault)) > 0) read_entry(tar, entry, &fault);
  if (tar != NULL && got < 0 && (fault.error != got || fault.message[0] == 0)) abort();
  tsk_tar_close(tar);
  free(copy);
  return 0;
}
