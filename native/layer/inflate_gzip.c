/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip (RFC 1952) by ISA-L: any number of members, each one's CRC and length checked; zeros after the last are padding.
 */
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "layer/inflate_internal.h"

static int corrupt(struct tsk_fault *fault, const char *what) {
  return tsk_fault(fault, TSKER_STAGE_INFLATE, -EBADMSG, "corrupt gzip stream: %s", what);
}

static const char *reason(int result) {
  switch (result) {
    case ISAL_INVALID_WRAPPER: return "invalid header";
    case ISAL_UNSUPPORTED_METHOD: return "unknown method";
    case ISAL_INCORRECT_CHECKSUM: return "the checksum does not match";
    default: return "invalid data";
  }
}

/* One member, from its header to its checksum. */
static int member(struct flow *flow, struct inflate_state *state, struct tsk_fault *fault) {
  for (;;) {
    int error = flow_output(flow);
    if (error != 0) return error;
    state->next_in = (uint8_t *)(uintptr_t)flow->in;
    state->avail_in = (uint32_t)flow->in_size;
    state->next_out = flow->out + flow->out_size;
    state->avail_out = (uint32_t)(TSK_RING_SLOT_SIZE - flow->out_size);
    int result = isal_inflate(state);
    flow->in = state->next_in;
    flow->in_size = state->avail_in;
    flow->out_size = TSK_RING_SLOT_SIZE - state->avail_out;
    if (result < 0 || result == ISAL_NEED_DICT) return corrupt(fault, reason(result));
    if (state->block_state == ISAL_BLOCK_FINISH) return 0;
    if (flow->in_size > 0 || state->avail_out == 0) continue;
    int got = flow_input(flow);
    if (got < 0) return got;
    if (got == 0) return corrupt(fault, "unexpected end");
  }
}

/* 1 when another member follows, 0 at the end. */
static int next_member(struct flow *flow, struct tsk_fault *fault) {
  bool padding = false;
  for (;;) {
    while (flow->in_size > 0 && *flow->in == 0) flow->in++, flow->in_size--, padding = true;
    if (flow->in_size > 0) return padding || *flow->in != 0x1f ? corrupt(fault, "garbage after its end") : 1;
    int got = flow_input(flow);
    if (got <= 0) return got;
  }
}

int inflate_gzip(struct flow *flow, struct tsk_fault *fault) {
  struct inflate_state *state = malloc(sizeof *state);
  if (state == NULL) return tsk_fault(fault, TSKER_STAGE_INFLATE, -ENOMEM, "out of memory");
  isal_inflate_init(state);
  int more = 1;
  int error = 0;
  while (error == 0 && more > 0) {
    isal_inflate_reset(state);
    state->crc_flag = ISAL_GZIP;
    error = member(flow, state, fault);
    if (error == 0) more = next_member(flow, fault);
  }
  free(state);
  return error != 0 ? error : more;
}
