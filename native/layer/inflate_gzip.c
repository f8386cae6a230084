/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip (RFC 1952) by ISA-L: any number of members, each one's CRC and length checked; zeros after the last are padding.
 * Headers are read here: ISA-L 2.30 loses its way in one with a name that is cut between two buffers.
 */
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "layer/inflate_internal.h"

static int corrupt(struct tsk_fault *fault, const char *what) {
  return tsk_fault(fault, TSKER_STAGE_INFLATE, -EBADMSG, "corrupt gzip stream: %s", what);
}

/* ---- header ---- */

enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };

/* The next byte of the stream, or an error. */
static int next_byte(struct flow *flow, struct tsk_fault *fault) {
  if (flow->in_size == 0) {
    int got = flow_input(flow);
    if (got < 0) return got;
    if (got == 0) return corrupt(fault, "unexpected end");
  }
  flow->in_size--;
  return *flow->in++;
}

static int skip_bytes(struct flow *flow, unsigned count, struct tsk_fault *fault) {
  int byte = 0;
  while (byte >= 0 && count-- > 0) byte = next_byte(flow, fault);
  return byte < 0 ? byte : 0;
}

static int skip_string(struct flow *flow, struct tsk_fault *fault) {
  int byte;
  do byte = next_byte(flow, fault);
  while (byte > 0);
  return byte;
}

static int skip_extra(struct flow *flow, struct tsk_fault *fault) {
  int low = next_byte(flow, fault);
  int high = low < 0 ? low : next_byte(flow, fault);
  return high < 0 ? high : skip_bytes(flow, (unsigned)(low | high << 8), fault);
}

static int header(struct flow *flow, struct tsk_fault *fault) {
  static const uint8_t magic[3] = {0x1f, 0x8b, 8};
  for (size_t i = 0; i < sizeof magic; i++) {
    int byte = next_byte(flow, fault);
    if (byte < 0) return byte;
    if (byte != magic[i]) return corrupt(fault, "invalid header");
  }
  int flags = next_byte(flow, fault);
  if (flags < 0) return flags;
  if ((flags & RESERVED) != 0) return corrupt(fault, "invalid header");
  int error = skip_bytes(flow, 6, fault); /* time, compressor, system */
  if (error == 0 && (flags & FEXTRA) != 0) error = skip_extra(flow, fault);
  if (error == 0 && (flags & FNAME) != 0) error = skip_string(flow, fault);
  if (error == 0 && (flags & FCOMMENT) != 0) error = skip_string(flow, fault);
  if (error == 0 && (flags & FHCRC) != 0) error = skip_bytes(flow, 2, fault);
  return error;
}

/* ---- data ---- */

/* One member after its header, to its checksum. */
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
    if (result == ISAL_INCORRECT_CHECKSUM) return corrupt(fault, "the checksum does not match");
    if (result < 0 || result == ISAL_NEED_DICT) return corrupt(fault, "invalid data");
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
  struct inflate_state *state = calloc(1, sizeof *state);
  if (state == NULL) return tsk_fault(fault, TSKER_STAGE_INFLATE, -ENOMEM, "out of memory");
  int more = 1;
  int error = 0;
  while (error == 0 && more > 0) {
    isal_inflate_init(state);
    state->crc_flag = ISAL_GZIP_NO_HDR_VER;
    error = header(flow, fault);
    if (error == 0) error = member(flow, state, fault);
    if (error == 0) more = next_member(flow, fault);
  }
  free(state);
  return error != 0 ? error : more;
}
