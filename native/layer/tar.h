/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads tar archives as they occur as image layers: v7, ustar, pax, GNU, star; long names, sparse files of all four forms,
 * xattrs. Where archives are ambiguous or broken it does what Go's archive/tar does, because that is what the other
 * engines extract with. It touches no file system: names come out as they stand in the archive.
 */
#ifndef TSK_LAYER_TAR_H
#define TSK_LAYER_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "layer/fault.h"

#define TSK_TAR_BLOCK 512u
#define TSK_TAR_SPECIAL_MAX (1u << 20) /* a pax header or long name; Go's limit too */
#define TSK_TAR_PATH_MAX 4096u         /* PATH_MAX, NUL included */
#define TSK_TAR_XATTRS_MAX 256u
#define TSK_TAR_SPARSE_MAX (1u << 18)

/* Where bytes come from: points `*data` to the next ones, valid until the next call. Their count, 0 at the end, or a
 * negative errno. */
struct tsk_source {
  ssize_t (*next)(struct tsk_source *source, const uint8_t **data);
  /* Where there is one: moves up to `size` of the next bytes to `offset` in a file, within the kernel. Their count; 0 when
   * they have to be taken by `next`, which also tells of failures. */
  size_t (*pass)(struct tsk_source *source, int fd, uint64_t offset, size_t size);
};

enum tsk_tar_type {
  TSK_TAR_FILE = '0',
  TSK_TAR_HARDLINK = '1',
  TSK_TAR_SYMLINK = '2',
  TSK_TAR_CHAR = '3',
  TSK_TAR_BLOCK_DEVICE = '4',
  TSK_TAR_DIRECTORY = '5',
  TSK_TAR_FIFO = '6',
};

struct tsk_tar_xattr {
  const char *name; /* NUL-terminated, within the pax header */
  const uint8_t *value;
  size_t size;
};

struct tsk_tar_extent {
  uint64_t offset, length;
};

struct tsk_tar_entry {
  enum tsk_tar_type type;
  char *path;    /* NUL-terminated, as it stands; so is the link */
  char *link;
  uint64_t size; /* of the file, holes included; 0 but for regular files */
  bool sparse;
  uint32_t mode; /* the 12 permission bits */
  uint32_t uid, gid, major, minor;
  struct timespec mtime;
  size_t xattr_count;
  const struct tsk_tar_xattr *xattrs;
};

struct tsk_tar;
struct tsk_tar *tsk_tar_open(struct tsk_source *source);
void tsk_tar_close(struct tsk_tar *tar);

/* Steps to the next entry, whether or not the data of the last was read. 1, 0 at the end of the archive, or a negative errno
 * with `fault` filled (stage TAR; nothing is filled when the source failed, its errno is passed on). The entry is valid
 * until the next call. */
int tsk_tar_next(struct tsk_tar *tar, struct tsk_tar_entry **entry, struct tsk_fault *fault);

/* The next piece of the entry's data and where in the file it belongs; what is between pieces is holes. 1, 0 at the end
 * of the entry, or a negative errno as above. */
int tsk_tar_data(struct tsk_tar *tar, const uint8_t **data, size_t *length, uint64_t *offset, struct tsk_fault *fault);

/* Moves what it can of the entry's data to where in the file it belongs, without showing it to anybody. What it has left,
 * which may be all, is there for tsk_tar_data. */
void tsk_tar_pass(struct tsk_tar *tar, int fd);

#endif
