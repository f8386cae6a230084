/* SPDX-License-Identifier: Apache-2.0
 *
 * Decompression of a layer's stream between two rings: gzip (several members too) by ISA-L, zstd by libzstd.
 */
#ifndef TSK_LAYER_INFLATE_H
#define TSK_LAYER_INFLATE_H

#include "layer/fault.h"
#include "layer/ring.h"

enum tsk_compression {
  TSK_PLAIN,
  TSK_GZIP,
  TSK_ZSTD,
  TSK_BZIP2, /* told apart to be refused by name */
  TSK_XZ,
  TSK_LZ4,
};

#define TSK_SNIFF_SIZE 6 /* bytes that decide */
enum tsk_compression tsk_sniff(const uint8_t *head, size_t size);
/* NULL for what can be read. */
const char *tsk_unsupported_name(enum tsk_compression compression);

/* Moves all of `from` (its consumer 0) into `to`, decompressed. 0, or a negative errno: with `fault` filled (stage INFLATE),
 * or -ECANCELED when a ring was stopped. Does not end `to`. */
int tsk_inflate(enum tsk_compression compression, struct tsk_ring *from, struct tsk_ring *to, struct tsk_fault *fault);

#endif
