/* SPDX-License-Identifier: Apache-2.0
 *
 * pax extended headers (POSIX.1-2001 pax, "pax Extended Header"): records "<length> <key>=<value>\n", parsed in place.
 * Of the keys outside the standard, those Docker honours: SCHILY.xattr.* and GNU.sparse.*.
 */
#include <errno.h>
#include <string.h>

#include "layer/tar_internal.h"

#define XATTR_PREFIX "SCHILY.xattr."

struct record {
  char *key; /* NUL-terminated; so is the value, which may hold more NULs */
  char *value;
  size_t key_size, value_size;
};

void tar_pax_reset(struct tar_pax *pax) {
  pax->path = pax->link = pax->sparse_name = NULL;
  pax->has_size = pax->has_uid = pax->has_gid = pax->has_mtime = pax->has_sparse_size = pax->has_sparse_map = false;
  pax->sparse_major = pax->sparse_minor = -1;
  pax->xattr_count = 0;
}

static int malformed(struct tsk_fault *fault, const char *what) {
  return tsk_fault(fault, TSKER_STAGE_TAR, -EBADMSG, "invalid tar: malformed pax header (%s)", what);
}

/* Cuts the next record off `text`; its size, or 0 when it is malformed. */
static size_t cut_record(char *text, size_t size, struct record *record) {
  char *space = memchr(text, ' ', size < 20 ? size : 20);
  uint64_t length;
  if (space == NULL || !tar_decimal(text, (size_t)(space - text), &length)) return 0;
  size_t head = (size_t)(space - text) + 1;
  if (length > size || length < head + 2 || text[length - 1] != '\n') return 0;
  char *key = text + head;
  char *equals = memchr(key, '=', length - head);
  if (equals == NULL || equals == key) return 0;
  text[length - 1] = 0;
  *equals = 0;
  record->key = key;
  record->key_size = (size_t)(equals - key);
  record->value = equals + 1;
  record->value_size = (size_t)(text + length - 1 - record->value);
  return strlen(key) == record->key_size ? length : 0;
}

static bool is(const struct record *record, const char *key) { return strcmp(record->key, key) == 0; }

static bool take_string(const struct record *record, const char **out) {
  *out = record->value_size == 0 ? NULL : record->value; /* empty: the header's own holds again */
  return strlen(record->value) == record->value_size;
}

static bool take_number(const struct record *record, bool *has, uint64_t limit, uint64_t *out) {
  *has = record->value_size > 0;
  return !*has || (tar_decimal(record->value, record->value_size, out) && *out <= limit);
}

static bool take_id(const struct record *record, bool *has, uint32_t *out) {
  uint64_t number = 0;
  if (!take_number(record, has, UINT32_MAX - 1, &number)) return false;
  *out = (uint32_t)number;
  return true;
}

static bool take_time(const struct record *record, bool *has, struct timespec *out) {
  *has = record->value_size > 0;
  return !*has || tar_timestamp(record->value, record->value_size, out);
}

static bool take_xattr(const struct record *record, struct tar_pax *pax) {
  const char *name = record->key + strlen(XATTR_PREFIX);
  size_t at = 0;
  while (at < pax->xattr_count && strcmp(pax->xattrs[at].name, name) != 0) at++;
  if (at == TSK_TAR_XATTRS_MAX || *name == 0) return false;
  pax->xattrs[at] = (struct tsk_tar_xattr){name, (const uint8_t *)record->value, record->value_size};
  if (at == pax->xattr_count) pax->xattr_count++;
  return true;
}

static bool take_version(const struct record *record, int *out) {
  if (record->value_size != 1 || record->value[0] < '0' || record->value[0] > '9') return false;
  *out = record->value[0] - '0';
  return true;
}

/* pax 0.1: "offset,length,offset,length" */
static int take_map(const struct record *record, struct tar_sparse *sparse, struct tsk_fault *fault) {
  const char *at = record->value;
  const char *end = at + record->value_size;
  uint64_t numbers[2];
  size_t have = 0;
  sparse->count = 0;
  while (at < end) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    if (comma == NULL) comma = end;
    if (!tar_decimal(at, (size_t)(comma - at), &numbers[have++])) return malformed(fault, "sparse map");
    if (have == 2) {
      int error = tar_sparse_add(sparse, numbers[0], numbers[1], fault);
      if (error != 0) return error;
      have = 0;
    }
    at = comma + 1;
  }
  return have == 0 ? 0 : malformed(fault, "sparse map");
}

/* pax 0.0: records in pairs. The offset waits as an extent of no length. */
static int take_sparse_pair(const struct record *record, struct tar_sparse *sparse, struct tsk_fault *fault) {
  uint64_t number;
  bool offset = is(record, "GNU.sparse.offset");
  if (offset == sparse->half || !tar_decimal(record->value, record->value_size, &number))
    return malformed(fault, "sparse map");
  sparse->half = offset;
  if (offset) return tar_sparse_add(sparse, number, 0, fault);
  sparse->extents[sparse->count - 1].length = number;
  return 0;
}

static int take_sparse(const struct record *record, struct tar_pax *pax, struct tar_sparse *sparse,
                       struct tsk_fault *fault) {
  bool good = true;
  if (is(record, "GNU.sparse.major")) good = take_version(record, &pax->sparse_major);
  else if (is(record, "GNU.sparse.minor")) good = take_version(record, &pax->sparse_minor);
  else if (is(record, "GNU.sparse.name")) good = take_string(record, &pax->sparse_name);
  else if (is(record, "GNU.sparse.size") || is(record, "GNU.sparse.realsize"))
    good = take_number(record, &pax->has_sparse_size, INT64_MAX, &pax->sparse_size);
  else if (is(record, "GNU.sparse.map") || is(record, "GNU.sparse.offset") || is(record, "GNU.sparse.numbytes")) {
    pax->has_sparse_map = true;
    return is(record, "GNU.sparse.map") ? take_map(record, sparse, fault) : take_sparse_pair(record, sparse, fault);
  }
  return good ? 0 : malformed(fault, record->key);
}

static int take_record(const struct record *record, struct tar_pax *pax, struct tar_sparse *sparse,
                       struct tsk_fault *fault) {
  bool good = true;
  if (is(record, "path")) good = take_string(record, &pax->path);
  else if (is(record, "linkpath")) good = take_string(record, &pax->link);
  else if (is(record, "size")) good = take_number(record, &pax->has_size, INT64_MAX, &pax->size);
  else if (is(record, "uid")) good = take_id(record, &pax->has_uid, &pax->uid);
  else if (is(record, "gid")) good = take_id(record, &pax->has_gid, &pax->gid);
  else if (is(record, "mtime")) good = take_time(record, &pax->has_mtime, &pax->mtime);
  else if (strncmp(record->key, XATTR_PREFIX, strlen(XATTR_PREFIX)) == 0) good = take_xattr(record, pax);
  else if (strncmp(record->key, "GNU.sparse.", 11) == 0) return take_sparse(record, pax, sparse, fault);
  return good ? 0 : malformed(fault, record->key);
}

int tar_pax_parse(struct tar_pax *pax, size_t size, struct tar_sparse *sparse, struct tsk_fault *fault) {
  char *text = (char *)pax->body;
  tar_pax_reset(pax); /* a second header replaces the first */
  sparse->count = 0;
  sparse->half = false;
  while (size > 0) {
    struct record record;
    size_t length = cut_record(text, size, &record);
    if (length == 0) return malformed(fault, "record");
    int error = take_record(&record, pax, sparse, fault);
    if (error != 0) return error;
    text += length;
    size -= length;
  }
  return sparse->half ? malformed(fault, "sparse map") : 0;
}
