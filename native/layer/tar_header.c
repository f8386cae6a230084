/* SPDX-License-Identifier: Apache-2.0
 *
 * One 512-byte header, together with the long names and pax records that came before it, becomes an entry.
 */
#include <errno.h>
#include <string.h>

#include "layer/tar_internal.h"

bool tar_checksum_holds(const struct tar_header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  int64_t expected;
  if (!tar_number(header->checksum, sizeof header->checksum, &expected)) return false;
  int64_t plain = 0;
  int64_t with_sign = 0; /* some old writers summed signed characters */
  for (size_t i = 0; i < TSK_TAR_BLOCK; i++) {
    bool blank = i >= offsetof(struct tar_header, checksum) && i < offsetof(struct tar_header, type);
    uint8_t byte = blank ? ' ' : bytes[i];
    plain += byte;
    with_sign += (int8_t)byte;
  }
  return expected == plain || expected == with_sign;
}

enum tar_format tar_format_of(const struct tar_header *header) {
  if (memcmp(header->magic, "ustar", 6) == 0)
    return memcmp(header->pad + 8, "tar", 4) == 0 ? FORMAT_STAR : FORMAT_USTAR;
  if (memcmp(header->magic, "ustar ", 6) == 0 && memcmp(header->version, " ", 2) == 0) return FORMAT_GNU;
  return FORMAT_V7;
}

static bool is_ascii(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++)
    if ((uint8_t)text[i] >= 0x80) return false;
  return true;
}

/* The directory part of a split name. Go's writer before 1.9 put one into GNU headers, where times belong: old Docker
 * layers have it, so a "time" that is no number is taken as that. */
static size_t prefix_size(const struct tar_header *header, enum tar_format format) {
  switch (format) {
    case FORMAT_V7: return 0;
    case FORMAT_USTAR: return sizeof header->prefix;
    case FORMAT_STAR: return sizeof header->star.prefix;
    case FORMAT_GNU: break;
  }
  int64_t time;
  bool times = (header->gnu.atime[0] == 0 || tar_number(header->gnu.atime, sizeof header->gnu.atime, &time)) &&
               (header->gnu.ctime[0] == 0 || tar_number(header->gnu.ctime, sizeof header->gnu.ctime, &time));
  return times ? 0 : sizeof header->prefix;
}

static const char *prefix_of(const struct tar_header *header, size_t *size) {
  const char *prefix = (const char *)header + offsetof(struct tar_header, prefix);
  enum tar_format format = tar_format_of(header);
  *size = strnlen(prefix, prefix_size(header, format));
  if (format == FORMAT_GNU && !is_ascii(prefix, *size)) *size = 0;
  return prefix;
}

static void join_name(struct tsk_tar *tar, const struct tar_header *header) {
  size_t size;
  const char *prefix = prefix_of(header, &size);
  size_t name_size = strnlen(header->name, sizeof header->name);
  char *out = tar->path;
  if (size > 0) {
    memcpy(out, prefix, size);
    out += size;
    *out++ = '/';
  }
  memcpy(out, header->name, name_size);
  out[name_size] = 0;
}

static int take_name(struct tsk_tar *tar, char *out, const char *name, struct tsk_fault *fault) {
  size_t size = strlen(name);
  if (size >= TSK_TAR_PATH_MAX) return tar_invalid(tar, fault, "the name is longer than 4095 bytes");
  memcpy(out, name, size + 1);
  return 0;
}

/* pax before GNU long names before the header's own, as Go does. */
static int describe_names(struct tsk_tar *tar, const struct tar_header *header, struct tsk_fault *fault) {
  join_name(tar, header);
  memcpy(tar->link, header->link, sizeof header->link);
  tar->link[sizeof header->link] = 0;
  if (tar->has_long_name) memcpy(tar->path, tar->long_name, sizeof tar->long_name);
  if (tar->has_long_link) memcpy(tar->link, tar->long_link, sizeof tar->long_link);
  const char *path = tar->pax.sparse_name != NULL ? tar->pax.sparse_name : tar->pax.path;
  int error = path != NULL ? take_name(tar, tar->path, path, fault) : 0;
  if (error == 0 && tar->pax.link != NULL) error = take_name(tar, tar->link, tar->pax.link, fault);
  return error;
}

static int describe_type(struct tsk_tar *tar, char type, struct tsk_fault *fault) {
  size_t length = strlen(tar->path);
  switch (type) {
    case 0: /* v7 marks a directory by its name alone */
      tar->entry.type = length > 0 && tar->path[length - 1] == '/' ? TSK_TAR_DIRECTORY : TSK_TAR_FILE;
      return 0;
    case '0': case '7': case 'S':
      tar->entry.type = TSK_TAR_FILE;
      return 0;
    case '1': case '2': case '3': case '4': case '5': case '6':
      tar->entry.type = (enum tsk_tar_type)type;
      return 0;
    default:
      return tar_invalid(tar, fault, "the entry is of an unknown type");
  }
}

static bool owner(const char field[8], bool from_pax, uint32_t pax_value, uint32_t *value) {
  int64_t number = pax_value;
  if (!from_pax && !tar_number(field, 8, &number)) return false;
  if (number < 0 || number >= UINT32_MAX) return false; /* (uid_t)-1 means "leave it" to chown(2) */
  *value = (uint32_t)number;
  return true;
}

static bool device(const char field[8], uint32_t limit, uint32_t *value) {
  int64_t number;
  if (!tar_number(field, 8, &number) || number < 0 || number > limit) return false;
  *value = (uint32_t)number;
  return true;
}

int tar_describe(struct tsk_tar *tar, const struct tar_header *header, uint64_t *size, struct tsk_fault *fault) {
  struct tsk_tar_entry *entry = &tar->entry;
  const struct tar_pax *pax = &tar->pax;
  int64_t number;
  *entry = (struct tsk_tar_entry){.path = tar->path, .link = tar->link};
  int error = describe_names(tar, header, fault);
  if (error == 0) error = describe_type(tar, header->type, fault);
  if (error != 0) return error;

  if (!tar_number(header->mode, sizeof header->mode, &number)) return tar_invalid(tar, fault, "invalid mode");
  entry->mode = (uint32_t)number & 07777;
  if (!owner(header->uid, pax->has_uid, pax->uid, &entry->uid)) return tar_invalid(tar, fault, "invalid owner");
  if (!owner(header->gid, pax->has_gid, pax->gid, &entry->gid)) return tar_invalid(tar, fault, "invalid group");
  if (!tar_number(header->mtime, sizeof header->mtime, &number)) return tar_invalid(tar, fault, "invalid time");
  entry->mtime = pax->has_mtime ? pax->mtime : (struct timespec){.tv_sec = number};
  if (entry->type == TSK_TAR_CHAR || entry->type == TSK_TAR_BLOCK_DEVICE) {
    /* The kernel's dev_t has 12 bits of major and 20 of minor number. */
    if (!device(header->devmajor, 0xfff, &entry->major) || !device(header->devminor, 0xfffff, &entry->minor))
      return tar_invalid(tar, fault, "invalid device number");
  }
  entry->xattr_count = pax->xattr_count;
  entry->xattrs = pax->xattrs;

  if (!tar_number(header->size, sizeof header->size, &number)) return tar_invalid(tar, fault, "invalid size");
  if (pax->has_size) number = (int64_t)pax->size;
  if (number < 0) return tar_invalid(tar, fault, "the size is negative");
  /* Only regular files have data; others may still give a size, of what they stand for. */
  *size = entry->type == TSK_TAR_FILE ? (uint64_t)number : 0;
  entry->size = *size;
  return 0;
}
