/* SPDX-License-Identifier: Apache-2.0
 *
 * Tar headers as Go's archive/tar writes them when it is told PAX, which is how Docker writes: ustar where that holds all of
 * an entry, else a pax header before it for what does not fit. The same bytes give the same digests.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "layer/pack_internal.h"
#include "layer/tar_internal.h"

/* ---- fields ---- */

static bool fits(uint64_t value, size_t field) { return value < (uint64_t)1 << 3 * (field - 1); }

/* Digits and a NUL; what does not fit is 0 here and told by a pax record. */
static void put_octal(char *field, size_t size, uint64_t value) {
  if (!fits(value, size)) value = 0;
  for (field[--size] = 0; size > 0; value >>= 3) field[--size] = (char)('0' + (value & 7));
}

static bool is_ascii(const char *text) {
  for (; *text != 0; text++)
    if ((unsigned char)*text >= 0x80) return false;
  return true;
}

/* Cuts what does not fit, and leaves out what is not ASCII. A cut that happens to end in a slash would make a directory of
 * a file for readers that know no pax. */
static void put_text(char *field, size_t size, const char *text) {
  size_t used = 0;
  for (; *text != 0; text++) {
    if ((unsigned char)*text >= 0x80) continue;
    if (used == size) break;
    field[used++] = *text;
  }
  if (*text == 0 || field[size - 1] != '/') return;
  while (used > 0 && field[used - 1] == '/') field[--used] = 0;
}

static void finish(struct tar_header *header) {
  memcpy(header->magic, "ustar\0" "00", 8);
  memset(header->checksum, ' ', sizeof header->checksum);
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof *header; i++) sum += ((const uint8_t *)header)[i];
  put_octal(header->checksum, sizeof header->checksum - 1, sum);
}

/* ---- names in two parts ---- */

/* Where ustar would cut a long name in prefix and name: the slash's place, or 0 when it cannot. */
static size_t split(const char *name) {
  enum { NAME = 100, PREFIX = 155 };
  size_t size = strlen(name);
  if (size <= NAME || !is_ascii(name)) return 0;
  size_t within = size > PREFIX + 1 ? PREFIX + 1 : name[size - 1] == '/' ? size - 1 : size;
  const char *slash = memrchr(name, '/', within);
  size_t at = slash == NULL ? 0 : (size_t)(slash - name);
  size_t rest = size - at - 1;
  return rest > NAME || rest == 0 || at > PREFIX ? 0 : at;
}

/* ---- pax ---- */

static size_t digits(size_t value) {
  size_t count = 1;
  while (value >= 10) value /= 10, count++;
  return count;
}

/* "<size of all this> <key>=<value>\n" */
static int add_record(struct pack_bytes *pax, const char *prefix, const char *key, const void *value, size_t size) {
  size_t rest = strlen(prefix) + strlen(key) + size + 3;
  size_t total = rest + digits(rest);
  total = rest + digits(total);
  int error = pack_bytes_grow(pax, total + 1); /* sprintf's NUL */
  if (error != 0) return error;
  char *at = (char *)pax->data + pax->size;
  at += sprintf(at, "%zu %s%s=", total, prefix, key);
  memcpy(at, value, size);
  at[size] = '\n';
  pax->size += total;
  return 0;
}

static int add_text(struct pack_bytes *pax, const char *key, const char *value, size_t field) {
  size_t size = strlen(value);
  return size <= field && is_ascii(value) ? 0 : add_record(pax, "", key, value, size);
}

static int add_number(struct pack_bytes *pax, const char *key, int64_t value, size_t field) {
  char text[24];
  if (value >= 0 && fits((uint64_t)value, field)) return 0;
  int size = snprintf(text, sizeof text, "%lld", (long long)value);
  return add_record(pax, "", key, text, (size_t)size);
}

/* True when the name is all that keeps an entry out of a plain ustar header, and it can be cut in two. */
static bool is_split(const struct pack_entry *entry) {
  const struct tar_header *header = NULL;
  return entry->xattr_count == 0 && fits(entry->uid, sizeof header->uid) && fits(entry->gid, sizeof header->gid) &&
         fits(entry->size, sizeof header->size) && entry->mtime >= 0 &&
         fits((uint64_t)entry->mtime, sizeof header->mtime) && strlen(entry->link) <= sizeof header->link &&
         is_ascii(entry->link) && split(entry->name) > 0;
}

/* In the order of the keys. */
static int add_records(struct pack_bytes *pax, const struct pack_entry *entry) {
  const struct tar_header *header = NULL;
  int error = 0;
  for (size_t i = 0; error == 0 && i < entry->xattr_count; i++) {
    const struct pack_xattr *xattr = &entry->xattrs[i];
    error = add_record(pax, "SCHILY.xattr.", xattr->name, xattr->value, xattr->size);
  }
  if (error == 0) error = add_number(pax, "gid", entry->gid, sizeof header->gid);
  if (error == 0) error = add_text(pax, "linkpath", entry->link, sizeof header->link);
  if (error == 0) error = add_number(pax, "mtime", entry->mtime, sizeof header->mtime);
  if (error == 0) error = add_text(pax, "path", entry->name, sizeof header->name);
  if (error == 0) error = add_number(pax, "size", (int64_t)entry->size, sizeof header->size);
  if (error == 0) error = add_number(pax, "uid", entry->uid, sizeof header->uid);
  return error;
}

/* dir/PaxHeaders.0/file, for readers that take it for a file. */
static void put_pax_name(char field[100], const char *name) {
  char text[100 + sizeof "PaxHeaders.0/"];
  if (strncmp(name, "./", 2) == 0) name += 2;
  const char *slash = strrchr(name, '/');
  size_t directory = slash == NULL ? 0 : (size_t)(slash + 1 - name);
  size_t used = 0;
  for (size_t i = 0; i < directory && used < 100; i++)
    if ((unsigned char)name[i] < 0x80) text[used++] = name[i];
  memcpy(text + used, "PaxHeaders.0/", sizeof "PaxHeaders.0/");
  used += sizeof "PaxHeaders.0/" - 1;
  for (const char *c = name + directory; *c != 0 && used < 100; c++)
    if ((unsigned char)*c < 0x80) text[used++] = *c;
  if (used > 100) used = 100;
  while (used > 0 && text[used - 1] == '/') used--;
  memcpy(field, text, used);
}

static void fill_pax_header(struct tar_header *header, const char *name, size_t size) {
  memset(header, 0, sizeof *header);
  put_pax_name(header->name, name);
  put_octal(header->mode, sizeof header->mode, 0);
  put_octal(header->uid, sizeof header->uid, 0);
  put_octal(header->gid, sizeof header->gid, 0);
  put_octal(header->size, sizeof header->size, size);
  put_octal(header->mtime, sizeof header->mtime, 0);
  header->type = 'x';
  finish(header);
}

static int add_pax(struct pack_bytes *out, const struct pack_entry *entry) {
  if (is_split(entry)) return 0;
  out->size = TSK_TAR_BLOCK; /* its header comes when the size is known */
  int error = add_records(out, entry);
  if (error != 0) return error;
  size_t size = out->size - TSK_TAR_BLOCK;
  if (size == 0) {
    out->size = 0;
    return 0;
  }
  size_t padding = -size % TSK_TAR_BLOCK;
  error = pack_bytes_grow(out, padding);
  if (error != 0) return error;
  memset(out->data + out->size, 0, padding);
  out->size += padding;
  fill_pax_header((struct tar_header *)out->data, entry->name, size);
  return 0;
}

/* ---- the entry itself ---- */

static void fill_header(struct tar_header *header, const struct pack_entry *entry) {
  memset(header, 0, sizeof *header);
  size_t prefix = is_split(entry) ? split(entry->name) : 0;
  memcpy(header->prefix, entry->name, prefix);
  put_text(header->name, sizeof header->name, entry->name + (prefix > 0 ? prefix + 1 : 0));
  put_octal(header->mode, sizeof header->mode, entry->mode & 07777);
  put_octal(header->uid, sizeof header->uid, entry->uid);
  put_octal(header->gid, sizeof header->gid, entry->gid);
  put_octal(header->size, sizeof header->size, entry->size);
  put_octal(header->mtime, sizeof header->mtime, entry->mtime < 0 ? 0 : (uint64_t)entry->mtime);
  header->type = (char)entry->type;
  put_text(header->link, sizeof header->link, entry->link);
  put_octal(header->devmajor, sizeof header->devmajor, entry->major);
  put_octal(header->devminor, sizeof header->devminor, entry->minor);
  finish(header);
}

int pack_header(struct pack_bytes *out, const struct pack_entry *entry) {
  out->size = 0;
  int error = pack_bytes_grow(out, 2 * TSK_TAR_BLOCK);
  if (error == 0) error = add_pax(out, entry);
  if (error == 0) error = pack_bytes_grow(out, TSK_TAR_BLOCK);
  if (error != 0) return error;
  fill_header((struct tar_header *)(out->data + out->size), entry);
  out->size += TSK_TAR_BLOCK;
  return 0;
}
