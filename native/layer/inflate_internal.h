/* SPDX-License-Identifier: Apache-2.0
 *
 * The two ends of a decompressor; nothing but inflate*.c includes it.
 */
#ifndef TSK_LAYER_INFLATE_INTERNAL_H
#define TSK_LAYER_INFLATE_INTERNAL_H

#include <stdbool.h>

#include "layer/inflate.h"

struct flow {
  struct tsk_ring *from, *to;
  const uint8_t *in; /* what is left of the current input buffer */
  size_t in_size;
  bool holding; /* an input buffer is not released yet */
  uint8_t *out; /* the current output slot, NULL: none reserved */
  size_t out_size; /* bytes in it */
};

/* Gets more input: 1, 0 at the end, -ECANCELED. Call it when `in_size` is 0. */
int flow_input(struct flow *flow);
/* Makes room in the output: 0 or -ECANCELED. */
int flow_output(struct flow *flow);
void flow_flush(struct flow *flow);

int inflate_gzip(struct flow *flow, struct tsk_fault *fault);
int inflate_zstd(struct flow *flow, struct tsk_fault *fault);

#endif
