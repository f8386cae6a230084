/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives for the tests of layer extraction: written by hand where no tar program would, by GNU tar elsewhere.
 */
#ifndef TSK_TEST_ARCHIVE_H
#define TSK_TEST_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "layer/tar.h"

/* A growing buffer of bytes. */
struct archive {
  uint8_t *bytes;
  size_t size;
};
void archive_free(struct archive *archive);
void archive_append(struct archive *archive, const void *bytes, size_t size);
/* A ustar header with a right checksum, and its data with padding. */
void archive_entry(struct archive *archive, char type, const char *name, const char *data);
/* The same for data with NULs. */
void archive_entry_bytes(struct archive *archive, char type, const char *name, const void *data, size_t size);
/* A pax header of one record. */
void archive_pax(struct archive *archive, const char *key, const char *value);
/* The two blocks of zeros. */
void archive_end(struct archive *archive);
/* Sets a byte of the last header and its checksum right again. */
void archive_patch(struct archive *archive, size_t offset, const void *bytes, size_t size);

/* What a shell command writes to its standard output. */
struct archive archive_of_command(const char *command);

/* A source over memory that gives out `step` bytes at a time. */
struct memory_source {
  struct tsk_source source;
  const uint8_t *bytes;
  size_t size, step;
};
struct memory_source memory_source(const void *bytes, size_t size, size_t step);

#endif
