/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the parts of the tar reader; nothing else includes it.
 */
#ifndef TSK_LAYER_TAR_INTERNAL_H
#define TSK_LAYER_TAR_INTERNAL_H

#include "layer/tar.h"

/* The 512-byte header, all its dialects: struct posix_header, oldgnu_header and star_header of GNU tar's tar.h. */
struct tar_header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
  char type;
  char link[100], magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8];
  union {
    char prefix[155];
    struct {
      char prefix[131], atime[12], ctime[12];
    } star;
    struct {
      char atime[12], ctime[12], offset[12], longnames[4], unused;
      struct tar_sparse_field {
        char offset[12], length[12];
      } sparse[4];
      char extended, real_size[12];
    } gnu;
  };
  char pad[12]; /* star: ends in "tar\0" */
};
_Static_assert(sizeof(struct tar_header) == TSK_TAR_BLOCK, "a tar header is one block");

/* The continuation of an old GNU sparse map. */
struct tar_sparse_block {
  struct tar_sparse_field sparse[21];
  char extended, pad[7];
};
_Static_assert(sizeof(struct tar_sparse_block) == TSK_TAR_BLOCK, "a sparse map continues in one block");

enum tar_format { FORMAT_V7, FORMAT_USTAR, FORMAT_STAR, FORMAT_GNU };

/* What a pax header says about the entry that follows it. */
struct tar_pax {
  uint8_t *body; /* parsed in place; strings point into it */
  size_t capacity;
  const char *path, *link, *sparse_name;
  bool has_size, has_uid, has_gid, has_mtime, has_sparse_size, has_sparse_map;
  uint64_t size, sparse_size;
  uint32_t uid, gid;
  struct timespec mtime;
  int sparse_major, sparse_minor; /* -1: not given */
  size_t xattr_count;
  struct tsk_tar_xattr xattrs[TSK_TAR_XATTRS_MAX];
};

struct tar_sparse {
  struct tsk_tar_extent *extents;
  size_t count, capacity;
  bool half; /* pax 0.0: an offset whose length has not come yet */
};

struct tsk_tar {
  struct tsk_source *source;
  const uint8_t *chunk; /* bytes of the source not used yet */
  size_t chunk_size;
  uint64_t physical; /* data bytes of the entry still in the archive */
  uint32_t padding;  /* bytes to the next block after them */
  size_t extent;     /* current one of the sparse map, */
  uint64_t extent_done; /* and how much of it was delivered */
  uint64_t position; /* in a file that is not sparse */
  bool has_long_name, has_long_link;
  char path[2 * TSK_TAR_PATH_MAX], link[2 * TSK_TAR_PATH_MAX];
  char long_name[TSK_TAR_PATH_MAX], long_link[TSK_TAR_PATH_MAX];
  struct tar_pax pax;
  struct tar_sparse sparse;
  struct tsk_tar_entry entry;
};

/* tar_number.c: the number formats of headers. False when they are malformed. */
bool tar_number(const char *field, size_t size, int64_t *value);
bool tar_decimal(const char *text, size_t size, uint64_t *value);
bool tar_timestamp(const char *text, size_t size, struct timespec *value);

/* tar_header.c */
bool tar_checksum_holds(const struct tar_header *header);
enum tar_format tar_format_of(const struct tar_header *header);
/* Fills the entry's fields, path and link from header, long names and pax; 0 or a negative errno. */
int tar_describe(struct tsk_tar *tar, const struct tar_header *header, uint64_t *size, struct tsk_fault *fault);

/* tar_pax.c */
void tar_pax_reset(struct tar_pax *pax);
int tar_pax_parse(struct tar_pax *pax, size_t size, struct tar_sparse *sparse, struct tsk_fault *fault);

/* tar_sparse.c */
int tar_sparse_load(struct tsk_tar *tar, const struct tar_header *header, struct tsk_fault *fault);
int tar_sparse_add(struct tar_sparse *sparse, uint64_t offset, uint64_t length, struct tsk_fault *fault);

/* tar.c: raw input. `tar_read` copies exactly `size` bytes; 1, 0 when the source ended before the first, else errno. */
int tar_read(struct tsk_tar *tar, void *out, size_t size, struct tsk_fault *fault);
int tar_invalid(struct tsk_tar *tar, struct tsk_fault *fault, const char *what);

#endif
