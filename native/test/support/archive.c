/* SPDX-License-Identifier: Apache-2.0
 *
 * See archive.h.
 */
#include "test/support/archive.h"

#include <string.h>

#include "test/support/test.h"

void archive_free(struct archive *archive) {
  free(archive->bytes);
  *archive = (struct archive){0};
}

void archive_append(struct archive *archive, const void *bytes, size_t size) {
  archive->bytes = realloc(archive->bytes, archive->size + size + 1);
  CHECK(archive->bytes != NULL);
  memcpy(archive->bytes + archive->size, bytes, size);
  archive->size += size;
}

static void set_checksum(uint8_t *header) {
  unsigned sum = 0;
  memset(header + 148, ' ', 8);
  for (size_t i = 0; i < 512; i++) sum += header[i];
  snprintf((char *)header + 148, 8, "%06o", sum & 0777777u);
  header[155] = ' ';
}

void archive_entry_bytes(struct archive *archive, char type, const char *name, const void *data, size_t size) {
  static const uint8_t zeros[512];
  uint8_t header[512] = {0};
  size_t length = strlen(name);
  memcpy(header, name, length < 100 ? length : 100);
  memcpy(header + 100, "0000644", 8);
  memcpy(header + 108, "0000000", 8);
  memcpy(header + 116, "0000000", 8);
  snprintf((char *)header + 124, 12, "%011zo", size);
  memcpy(header + 136, "14000000000", 12);
  header[156] = (uint8_t)type;
  memcpy(header + 257, "ustar\0" "00", 8);
  set_checksum(header);
  archive_append(archive, header, sizeof header);
  archive_append(archive, data, size);
  archive_append(archive, zeros, -size % 512);
}

void archive_entry(struct archive *archive, char type, const char *name, const char *data) {
  archive_entry_bytes(archive, type, name, data, strlen(data));
}

void archive_pax(struct archive *archive, const char *key, const char *value) {
  char record[4096];
  size_t rest = strlen(key) + strlen(value) + 3;
  size_t total = rest + 1;
  while (total != rest + (size_t)snprintf(NULL, 0, "%zu", total)) total++;
  snprintf(record, sizeof record, "%zu %s=%s\n", total, key, value);
  archive_entry(archive, 'x', "PaxHeaders/x", record);
}

void archive_end(struct archive *archive) {
  static const uint8_t zeros[1024];
  archive_append(archive, zeros, sizeof zeros);
}

void archive_patch(struct archive *archive, size_t offset, const void *bytes, size_t size) {
  uint8_t *header = archive->bytes + archive->size - 512;
  memcpy(header + offset, bytes, size);
  set_checksum(header);
}

struct archive archive_of_command(const char *command) {
  struct archive archive = {0};
  char piece[65536];
  size_t got;
  FILE *stream = popen(command, "r");
  CHECK(stream != NULL);
  while ((got = fread(piece, 1, sizeof piece, stream)) > 0) archive_append(&archive, piece, got);
  CHECK_INT(pclose(stream), 0);
  return archive;
}

static ssize_t next_of_memory(struct tsk_source *source, const uint8_t **data) {
  struct memory_source *self = (struct memory_source *)source;
  size_t size = self->size < self->step ? self->size : self->step;
  *data = self->bytes;
  self->bytes += size;
  self->size -= size;
  return (ssize_t)size;
}

struct memory_source memory_source(const void *bytes, size_t size, size_t step) {
  return (struct memory_source){.source.next = next_of_memory, .bytes = bytes, .size = size, .step = step};
}
