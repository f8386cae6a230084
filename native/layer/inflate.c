/* SPDX-License-Identifier: Apache-2.0
 *
 * See inflate.h.
 */
#include "layer/inflate.h"

#include <errno.h>
#include <string.h>

#include "layer/inflate_internal.h"

static bool starts(const uint8_t *head, size_t size, const char *magic, size_t length) {
  return size >= length && memcmp(head, magic, length) == 0;
}

enum tsk_compression tsk_sniff(const uint8_t *head, size_t size) {
  if (starts(head, size, "\x1f\x8b", 2)) return TSK_GZIP;
  if (starts(head, size, "\x28\xb5\x2f\xfd", 4)) return TSK_ZSTD;
  if (size >= 4 && (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0) return TSK_ZSTD; /* skippable */
  if (starts(head, size, "BZh", 3)) return TSK_BZIP2;
  if (starts(head, size, "\xfd" "7zXZ\0", 6)) return TSK_XZ;
  if (starts(head, size, "\x04\x22\x4d\x18", 4)) return TSK_LZ4;
  return TSK_PLAIN;
}

const char *tsk_unsupported_name(enum tsk_compression compression) {
  switch (compression) {
    case TSK_BZIP2: return "bzip2";
    case TSK_XZ: return "xz";
    case TSK_LZ4: return "lz4";
    case TSK_PLAIN:
    case TSK_GZIP:
    case TSK_ZSTD: return NULL;
  }
  return NULL;
}

int flow_input(struct flow *flow) {
  if (flow->holding) tsk_ring_release(flow->from, 0);
  flow->holding = false;
  ssize_t got = tsk_ring_peek(flow->from, 0, &flow->in);
  if (got <= 0) return (int)got;
  flow->in_size = (size_t)got;
  flow->holding = true;
  return 1;
}

void flow_flush(struct flow *flow) {
  if (flow->out != NULL) tsk_ring_publish(flow->to, flow->out_size);
  flow->out = NULL;
  flow->out_size = 0;
}

int flow_output(struct flow *flow) {
  if (flow->out != NULL && flow->out_size < TSK_RING_SLOT_SIZE) return 0;
  flow_flush(flow);
  flow->out = tsk_ring_reserve(flow->to);
  return flow->out != NULL ? 0 : -ECANCELED;
}

int tsk_inflate(enum tsk_compression compression, struct tsk_ring *from, struct tsk_ring *to, struct tsk_fault *fault) {
  struct flow flow = {.from = from, .to = to};
  int error = compression == TSK_GZIP ? inflate_gzip(&flow, fault) : inflate_zstd(&flow, fault);
  if (error == 0) flow_flush(&flow);
  return error;
}
