/* SPDX-License-Identifier: Apache-2.0
 *
 * The entry of one object, by a descriptor that pins it: what a name stands for a moment later is of no consequence, and
 * nothing is opened for reading before it is known to be a file or directory (opening a device may do things).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/inside.h"
#include "layer/pack_internal.h"

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

static bool of_layer(const struct pack *pack) { return (pack->request->flags & TSKER_PACK_OVERLAY) != 0; }

static struct pack_entry describe(const struct pack *pack, const struct stat *status, enum tsk_tar_type type) {
  const struct tsk_ids *ids = &pack->request->ids;
  return (struct pack_entry){
      .type = type,
      .name = pack_name(pack),
      .link = "",
      .mode = status->st_mode & 07777,
      .uid = tsk_id_inside(ids, TSKER_ID_USER, status->st_uid),
      .gid = tsk_id_inside(ids, TSKER_ID_GROUP, status->st_gid),
      .mtime = status->st_mtim.tv_sec,
  };
}

static int write_entry(struct pack *pack, const struct pack_entry *entry) {
  int error = pack_header(&pack->header, entry);
  if (error != 0) return pack_failed(pack, error, "out of memory");
  pack->result->entries++;
  return pack_out_bytes(&pack->out, pack->header.data, pack->header.size);
}

/* The object of an O_PATH descriptor, opened for reading. */
static int reopen(const struct pack *pack, int fd) {
  char name[16];
  snprintf(name, sizeof name, "%d", fd);
  return (int)tsk_result(openat(pack->proc, name, O_RDONLY | O_NOCTTY | O_CLOEXEC));
}

static int read_xattrs(struct pack *pack, int fd, struct pack_entry *entry) {
  if (pack_is_plain(pack)) return 0;
  int error = pack_xattrs_read(&pack->xattrs, fd);
  if (error != 0) return pack_failed(pack, error, "cannot read the extended attributes");
  if (of_layer(pack) && (pack->xattrs.redirect || pack->xattrs.metacopy))
    return pack_failed(pack, -EOPNOTSUPP, "overlay's redirects and metacopies have no form in a layer");
  if (pack->xattrs.truncated) pack->result->skipped++;
  entry->xattrs = pack->xattrs.list;
  entry->xattr_count = pack->xattrs.count;
  return 0;
}

/* ---- kinds ---- */

static int pack_file(struct pack *pack, int fd, const struct stat *status) {
  struct pack_entry entry = describe(pack, status, TSK_TAR_FILE);
  entry.size = (uint64_t)status->st_size;
  int file = reopen(pack, fd);
  if (file < 0) return pack_failed(pack, file, "cannot open");
  int error = read_xattrs(pack, file, &entry);
  if (error == 0) error = write_entry(pack, &entry);
  if (error == 0) error = pack_data(pack, file, status);
  close(file);
  pack->result->size += entry.size;
  return error;
}

/* A directory that hides what the layers below hold says so by a file in it. */
static int write_opaque(struct pack *pack, const struct stat *status) {
  size_t size = pack->name.size;
  int error = pack_bytes_add(&pack->name, OPAQUE, sizeof OPAQUE);
  if (error != 0) return pack_failed(pack, error, "out of memory");
  struct pack_entry entry = describe(pack, status, TSK_TAR_FILE);
  entry.mode &= 0777;
  entry.mtime = 0; /* as Docker */
  error = write_entry(pack, &entry);
  pack->name.size = size;
  pack->name.data[size] = 0;
  return error;
}

int pack_open_directory(struct pack *pack, int fd, int *directory) {
  *directory = -1;
  if (tsk_inside_kernel(fd)) return pack_is_plain(pack) ? pack_failed(pack, -EOPNOTSUPP, "of the kernel") : 0;
  *directory = (int)tsk_result(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return *directory >= 0 ? 0 : pack_failed(pack, *directory, "cannot open");
}

static int pack_directory(struct pack *pack, int fd, const struct stat *status, int *directory) {
  struct pack_entry entry = describe(pack, status, TSK_TAR_DIRECTORY);
  int error = pack_open_directory(pack, fd, directory);
  if (error == 0 && *directory >= 0) error = read_xattrs(pack, *directory, &entry);
  if (error == 0) error = write_entry(pack, &entry);
  if (error == 0 && *directory >= 0 && of_layer(pack) && pack->xattrs.opaque) error = write_opaque(pack, status);
  if (error == 0 || *directory < 0) return error;
  close(*directory);
  *directory = -1;
  return error;
}

static int pack_link(struct pack *pack, int fd, const struct stat *status) {
  struct pack_entry entry = describe(pack, status, TSK_TAR_SYMLINK);
  ssize_t size = readlinkat(fd, "", pack->link, sizeof pack->link - 1);
  if (size < 0) return pack_failed(pack, -errno, "cannot read the link");
  pack->link[size] = 0;
  entry.link = pack->link;
  return write_entry(pack, &entry);
}

static int pack_node(struct pack *pack, const struct stat *status) {
  enum tsk_tar_type type = S_ISCHR(status->st_mode)   ? TSK_TAR_CHAR
                           : S_ISBLK(status->st_mode) ? TSK_TAR_BLOCK_DEVICE
                                                      : TSK_TAR_FIFO;
  struct pack_entry entry = describe(pack, status, type);
  if (type != TSK_TAR_FIFO) {
    entry.major = major(status->st_rdev);
    entry.minor = minor(status->st_rdev);
  }
  return write_entry(pack, &entry);
}

static int pack_further_name(struct pack *pack, const struct stat *status, const char *first) {
  struct pack_entry entry = describe(pack, status, TSK_TAR_HARDLINK);
  entry.link = first;
  return write_entry(pack, &entry);
}

/* Overlay's device 0:0 as ".wh.<name>". It was made by the kernel: its owner is no container's. */
int pack_whiteout(struct pack *pack, const struct stat *status) {
  struct pack_bytes *name = &pack->name;
  int error = pack_bytes_grow(name, sizeof WHITEOUT);
  if (error != 0) return pack_failed(pack, error, "out of memory");
  const char *slash = memrchr(name->data, '/', name->size);
  size_t at = slash == NULL ? 0 : (size_t)(slash + 1 - pack_name(pack));
  memmove(name->data + at + strlen(WHITEOUT), name->data + at, name->size + 1 - at);
  memcpy(name->data + at, WHITEOUT, strlen(WHITEOUT));
  struct pack_entry entry = describe(pack, status, TSK_TAR_FILE);
  entry.mode = 0600;
  entry.uid = status->st_uid;
  entry.gid = status->st_gid;
  return write_entry(pack, &entry);
}

/* ---- */

/* Neither a file, a directory nor a link. */
static bool is_strange(const struct stat *status) {
  return !S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode) && !S_ISLNK(status->st_mode);
}

/* A plain file of such a name would be taken for a whiteout. */
static bool looks_like_whiteout(const struct pack *pack) {
  const char *slash = memrchr(pack->name.data, '/', pack->name.size > 0 ? pack->name.size - 1 : 0);
  const char *name = slash == NULL ? pack_name(pack) : slash + 1;
  return strncmp(name, WHITEOUT, strlen(WHITEOUT)) == 0;
}

int pack_object(struct pack *pack, int fd, const struct stat *status, int *directory) {
  *directory = -1;
  bool whiteout = of_layer(pack) && S_ISCHR(status->st_mode) && status->st_rdev == 0;
  if (whiteout) return pack_whiteout(pack, status);
  bool layer = of_layer(pack) || pack->request->list != NULL;
  bool strange = pack_is_plain(pack) ? is_strange(status) : S_ISSOCK(status->st_mode);
  if (strange || (layer && looks_like_whiteout(pack))) {
    pack->result->skipped++;
    return 0;
  }
  if (S_ISDIR(status->st_mode)) return pack_directory(pack, fd, status, directory);
  if (status->st_nlink > 1 && !pack_is_plain(pack)) {
    const char *first = pack_links_find(&pack->links, status);
    if (first != NULL) return pack_further_name(pack, status, first);
    int error = pack_links_add(&pack->links, status, pack_name(pack));
    if (error != 0) return pack_failed(pack, error, "out of memory");
  }
  if (S_ISREG(status->st_mode)) return pack_file(pack, fd, status);
  if (S_ISLNK(status->st_mode)) return pack_link(pack, fd, status);
  return pack_node(pack, status);
}
