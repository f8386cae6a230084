/* SPDX-License-Identifier: Apache-2.0
 *
 * The names in a directory, sorted by their bytes: the same tree gives the same archive whatever the file system.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "layer/pack_internal.h"

#define BATCH 32768

struct record { /* struct linux_dirent64 */
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};

static bool is_self_or_parent(const char *name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

static int take(struct pack_names *names, const char *batch, size_t size) {
  for (size_t at = 0; at < size;) {
    const struct record *record = (const struct record *)(batch + at);
    at += record->size;
    if (is_self_or_parent(record->name)) continue;
    int error = pack_bytes_add(&names->text, record->name, strlen(record->name) + 1);
    if (error != 0) return error;
    names->count++;
  }
  return 0;
}

static int by_bytes(const void *left, const void *right) {
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int sort(struct pack_names *names) {
  if (names->count == 0) return 0;
  names->sorted = malloc(names->count * sizeof *names->sorted);
  if (names->sorted == NULL) return -ENOMEM;
  const char *at = (const char *)names->text.data;
  for (size_t i = 0; i < names->count; i++, at += strlen(at) + 1) names->sorted[i] = at;
  qsort(names->sorted, names->count, sizeof *names->sorted, by_bytes);
  return 0;
}

int pack_names_read(struct pack_names *names, int directory) {
  _Alignas(struct record) char batch[BATCH];
  *names = (struct pack_names){.count = 0};
  for (;;) {
    long size = syscall(SYS_getdents64, directory, batch, sizeof batch);
    if (size == 0) return sort(names);
    int error = size < 0 ? -errno : take(names, batch, (size_t)size);
    if (error != 0) return error;
  }
}

void pack_names_close(struct pack_names *names) {
  free(names->text.data);
  free(names->sorted);
  *names = (struct pack_names){.count = 0};
}
