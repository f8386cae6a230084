/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that grows; see pack_internal.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layer/pack_internal.h"

int pack_bytes_grow(struct pack_bytes *bytes, size_t more) {
  size_t needed = bytes->size + more;
  if (needed <= bytes->capacity) return 0;
  uint8_t *grown = realloc(bytes->data, needed * 2);
  if (grown == NULL) return -ENOMEM;
  bytes->data = grown;
  bytes->capacity = needed * 2;
  return 0;
}

int pack_bytes_add(struct pack_bytes *bytes, const void *data, size_t size) {
  int error = pack_bytes_grow(bytes, size);
  if (error != 0) return error;
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
  return 0;
}
