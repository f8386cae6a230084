/* SPDX-License-Identifier: Apache-2.0
 *
 * The recording of a layer's tar: every byte of the archive that is not the content of a file, and for that content where
 * it went. With the unpacked files it gives back the archive, byte for byte (assemble.c); tar-split is the model.
 *
 * A recording is a struct tsk_record_header and a zstd stream of records, each a struct tsk_record_mark with its bytes:
 * RAW: `size` bytes of the archive; FILE: `name_size` bytes of a path below the tree, of whose content the archive has
 * `size` bytes from `offset` on; END: nothing comes after it.
 */
#ifndef TSK_LAYER_RECORD_H
#define TSK_LAYER_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define TSK_RECORD_MAGIC 0x31524c54u /* "TLR1" */

/* Written last: a recording that was not finished has no magic. */
struct tsk_record_header {
  uint32_t magic;
  uint32_t spoiled;   /* 1: the layer brought a file twice, and only the last one is kept: it cannot be given back */
  uint64_t bytes_tar; /* of the archive */
};

enum tsk_record_kind { TSK_RECORD_RAW = 1, TSK_RECORD_FILE = 2, TSK_RECORD_END = 3 };

struct tsk_record_mark {
  uint32_t kind;
  uint32_t name_size;
  uint64_t size;
  uint64_t offset;
};

struct tsk_record;

/* A new recording in the empty file `fd`, which stays the caller's. NULL: out of memory. */
struct tsk_record *tsk_record_open(int fd);
void tsk_record_close(struct tsk_record *record);

/* The archive goes on with this piece, valid until the next call. 0 or the negative errno of writing what came before. */
int tsk_record_piece(struct tsk_record *record, const uint8_t *data, size_t size);
/* These bytes, within the current piece, are the content of `directory`/`name` from `offset` on. */
int tsk_record_content(struct tsk_record *record, const char *directory, const char *name, const uint8_t *data,
                       size_t size, uint64_t offset);
/* Content that was recorded is replaced by another entry. */
void tsk_record_spoil(struct tsk_record *record);
/* The archive has ended. 0 or a negative errno. */
int tsk_record_finish(struct tsk_record *record);

#endif
