/* SPDX-License-Identifier: Apache-2.0
 *
 * The extended attributes that travel in an archive: file capabilities, and what users put there. Of overlay's own only
 * the marks are noted; none leaves.
 */
#include <errno.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "layer/pack_internal.h"

#define CAPABILITY "security.capability"
#define OVERLAY "trusted.overlay."
#define VALUES_MAX (512u << 10) /* readers take a pax header of 1 MiB at most */

static bool starts_with(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

static void note_overlay(struct pack_xattrs *xattrs, int fd, const char *mark) {
  char value;
  if (strcmp(mark, "opaque") == 0) xattrs->opaque = fgetxattr(fd, OVERLAY "opaque", &value, 1) == 1 && value == 'y';
  if (strcmp(mark, "redirect") == 0) xattrs->redirect = true;
  if (strcmp(mark, "metacopy") == 0) xattrs->metacopy = true;
}

/* A name with "=" cannot be written down: pax ends the key there. */
static bool travels(struct pack_xattrs *xattrs, const char *name) {
  if (strcmp(name, CAPABILITY) != 0 && (!starts_with(name, "user.") || starts_with(name, "user.overlay."))) return false;
  bool fits = strchr(name, '=') == NULL && xattrs->count < PACK_XATTRS_MAX && xattrs->values.size < VALUES_MAX;
  xattrs->truncated = xattrs->truncated || !fits;
  return fits;
}

/* Revision 3 names the root user of a namespace, which means nothing elsewhere: as revision 2, without it (as Docker). */
static size_t capability_size(uint8_t *value, size_t size) {
  if (size < 20 || value[3] != 3) return size;
  value[3] = 2;
  return 20;
}

static int take(struct pack_xattrs *xattrs, int fd, const char *name) {
  struct pack_bytes *values = &xattrs->values;
  uint8_t *value = values->data + values->size;
  ssize_t size = fgetxattr(fd, name, value, XATTR_SIZE_MAX);
  if (size < 0) return errno == ENODATA ? 0 : -errno;
  size_t kept = strcmp(name, CAPABILITY) == 0 ? capability_size(value, (size_t)size) : (size_t)size;
  xattrs->list[xattrs->count++] = (struct pack_xattr){name, value, kept};
  values->size += kept;
  return 0;
}

static int by_name(const void *left, const void *right) {
  return strcmp(((const struct pack_xattr *)left)->name, ((const struct pack_xattr *)right)->name);
}

static ssize_t list(struct pack_bytes *names, int fd) {
  int error = pack_bytes_grow(names, XATTR_LIST_MAX);
  if (error != 0) return error;
  ssize_t size = flistxattr(fd, (char *)names->data, names->capacity);
  return size < 0 ? -errno : size;
}

int pack_xattrs_read(struct pack_xattrs *xattrs, int fd) {
  xattrs->count = 0;
  xattrs->values.size = 0;
  xattrs->opaque = xattrs->redirect = xattrs->metacopy = xattrs->truncated = false;
  ssize_t size = list(&xattrs->names, fd);
  if (size <= 0) return size == -EOPNOTSUPP ? 0 : (int)size;
  int error = pack_bytes_grow(&xattrs->values, VALUES_MAX + XATTR_SIZE_MAX); /* all at once: values stay where they are */
  const char *names = (const char *)xattrs->names.data;
  for (const char *name = names; error == 0 && name < names + size; name += strlen(name) + 1) {
    if (starts_with(name, OVERLAY)) note_overlay(xattrs, fd, name + strlen(OVERLAY));
    if (travels(xattrs, name)) error = take(xattrs, fd, name);
  }
  qsort(xattrs->list, xattrs->count, sizeof *xattrs->list, by_name);
  return error;
}

void pack_xattrs_close(struct pack_xattrs *xattrs) {
  free(xattrs->names.data);
  free(xattrs->values.data);
}
