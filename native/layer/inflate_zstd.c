/* SPDX-License-Identifier: Apache-2.0
 *
 * zstd (RFC 8878) by libzstd: any number of frames, skippable ones among them. The window is bounded by libzstd's default
 * (128 MB), so that a header cannot make the daemon take gigabytes.
 */
#include <errno.h>
#include <zstd.h>

#include "layer/inflate_internal.h"

static int corrupt(struct tsk_fault *fault, const char *what) {
  return tsk_fault(fault, TSKER_STAGE_INFLATE, -EBADMSG, "corrupt zstd stream: %s", what);
}

static int stream(struct flow *flow, ZSTD_DStream *state, struct tsk_fault *fault) {
  size_t hint = 0; /* 0: a frame is complete */
  for (;;) {
    if (flow->in_size == 0) {
      int got = flow_input(flow);
      if (got < 0) return got;
      if (got == 0) return hint == 0 ? 0 : corrupt(fault, "unexpected end");
    }
    bool full;
    do { /* what is left in the decoder comes out before more goes in */
      int error = flow_output(flow);
      if (error != 0) return error;
      ZSTD_inBuffer in = {.src = flow->in, .size = flow->in_size};
      ZSTD_outBuffer out = {.dst = flow->out, .size = TSK_RING_SLOT_SIZE, .pos = flow->out_size};
      hint = ZSTD_decompressStream(state, &out, &in);
      if (ZSTD_isError(hint)) return corrupt(fault, ZSTD_getErrorName(hint));
      flow->in += in.pos;
      flow->in_size -= in.pos;
      flow->out_size = out.pos;
      full = out.pos == out.size;
    } while (flow->in_size > 0 || (full && hint != 0));
  }
}

int inflate_zstd(struct flow *flow, struct tsk_fault *fault) {
  ZSTD_DStream *state = ZSTD_createDStream();
  if (state == NULL) return tsk_fault(fault, TSKER_STAGE_INFLATE, -ENOMEM, "out of memory");
  int error = stream(flow, state, fault);
  ZSTD_freeDStream(state);
  return error;
}
